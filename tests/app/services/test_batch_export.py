"""A batch's results for other programs: complete, with hashes, and without formulas."""

import csv
import io
import json

import pytest

from app.services import batch_export, batches
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, png


def test_the_exports_carry_schema_hashes_and_no_formulas(
    workplace: Workplace, pool: FakePool
) -> None:
    job = batches.start_upload(workplace, [("=cmd.png", png(1)), ("@b.txt", b"text")])
    queue.run_pending(workplace, pool)
    lines = list(csv.DictReader(io.StringIO(batch_export.as_csv(workplace, job.job_id).decode())))
    assert [line["file"] for line in lines] == ["'=cmd.png", "'@b.txt"]
    assert lines[0]["schema"] == batch_export.SCHEMA and lines[0]["model"] == "nih-pneumonia"
    assert float(lines[0]["p(none)"]) + float(lines[0]["p(finding)"]) == pytest.approx(1)
    result = json.loads(batch_export.as_json(workplace, job.job_id))
    assert result["schema"] == batch_export.SCHEMA
    manifest = result["manifest"]
    assert manifest["counts"] == {"done": 1, "skipped": 1} and len(manifest["model_sha256"]) == 64
    assert all(len(file["sha256"]) == 64 for file in result["files"])
