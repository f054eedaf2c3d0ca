"""A batch's results for other programs: complete, with hashes, and without formulas."""

import csv
import hashlib
import io
import json
import zipfile

import pytest
from PIL import Image

from app.domain.audit.entries import AuditEntry
from app.services import batch_export, batches, explanations
from app.services.inference import queue
from app.services.workplace import Workplace
from dprotonet.tables.parquet import parquet_rows
from tests.app.services.workplaces import OUTSIDE, UNLIKE, FakePool, by_brightness, png


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


def test_of_a_refused_image_the_exports_give_the_distance_and_no_diagnosis(
    workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    files = [(f"{level}.png", png(1, level=level)) for level in (10, 110, 230)]
    job = batches.start_upload(workplace, [*files, ("b.txt", b"text")])
    queue.run_pending(workplace, pool)
    lines = list(csv.DictReader(io.StringIO(batch_export.as_csv(workplace, job.job_id).decode())))
    assert [line["supported"] for line in lines] == ["false", "true", "true", ""]
    assert [line["status"] for line in lines] == ["refused", "done", "done", "skipped"]
    assert [line["prediction"] for line in lines] == ["", "none", "finding", ""]
    for column in ("probability", "p(none)", "p(finding)"):
        assert [bool(line[column]) for line in lines] == [False, True, True, False]
    assert [line["distance"] for line in lines] == ["4.5", "1.5", "1.0", ""]
    assert [line["distance_threshold"] for line in lines] == ["1.75"] * 3 + [""]
    assert lines[0]["reasons"] == UNLIKE and not lines[2]["reasons"]
    result = json.loads(batch_export.as_json(workplace, job.job_id))
    assert result["manifest"]["counts"] == {"done": 2, "refused": 1, "skipped": 1}
    dark, _, bright, text = result["files"]
    assert dark["supported"] is False and dark["support"] == OUTSIDE.to_json()
    assert (dark["prediction"], dark["probability"], dark["probabilities"]) == (None, None, None)
    assert bright["supported"] is True and set(bright["probabilities"]) == {"none", "finding"}
    assert (text["supported"], text["support"], text["probabilities"]) == (None, None, {})


def test_a_row_says_what_drew_its_heatmaps_and_whether_they_were_measured(
    readers: None, workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    plain = batches.start_upload(workplace, [("a.png", png(1)), ("dark.png", png(1, level=10))])
    searched = batches.start_upload(workplace, [("b.png", png(2))], explain=True)
    queue.run_pending(workplace, pool)
    result = json.loads(batch_export.as_json(workplace, plain.job_id))["files"]
    assert [(file["drawn_by"], file["measured"]) for file in result] == [
        ("mask reader", False),
        ("", None),
    ]
    text = batch_export.as_csv(workplace, searched.job_id).decode()
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["drawn_by"], line["measured"]) == ("search", "true")
    assert (line["heatmap_agreement"], line["agreement_over"]) == ("", "")


def test_whether_a_heatmap_marks_the_same_is_exported_once_a_reader_asked_for_it(
    workplace: Workplace, pool: FakePool
) -> None:
    job = batches.start_upload(workplace, [("a.png", png(1))], explain=True)
    queue.run_pending(workplace, pool)
    assert pool.tiers == ["standard"] and not pool.made_again, "a batch makes each heatmap once"
    (row,) = batches.rows(workplace, job.job_id).rows
    explanations.request(workplace, str(row.case_id))
    queue.run_pending(workplace, pool)
    (line,) = csv.DictReader(io.StringIO(batch_export.as_csv(workplace, job.job_id).decode()))
    assert (line["heatmap_agreement"], line["agreement_over"]) == ("0.72", "draws")
    (file,) = json.loads(batch_export.as_json(workplace, job.job_id))["files"]
    assert (file["heatmap_agreement"], file["agreement_over"]) == (0.72, "draws")


def test_without_a_gate_the_exports_say_nothing_of_a_distance(
    workplace: Workplace, pool: FakePool
) -> None:
    job = batches.start_upload(workplace, [("dark.png", png(1, level=10))])
    queue.run_pending(workplace, pool)
    (line,) = csv.DictReader(io.StringIO(batch_export.as_csv(workplace, job.job_id).decode()))
    assert (line["prediction"], line["supported"], line["distance"]) == ("none", "true", "")
    (file,) = json.loads(batch_export.as_json(workplace, job.job_id))["files"]
    assert (file["supported"], file["support"]) == (True, None)


def test_a_parquet_file_has_the_columns_of_the_csv_with_types(
    workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    files = [(f"{level}.png", png(1, level=level)) for level in (10, 230)]
    job = batches.start_upload(workplace, [*files, ("b.txt", b"text")])
    queue.run_pending(workplace, pool)
    lines = list(csv.DictReader(io.StringIO(batch_export.as_csv(workplace, job.job_id).decode())))
    rows = list(parquet_rows(io.BytesIO(batch_export.as_parquet(workplace, job.job_id))))
    assert [list(row) for row in rows] == [list(line) for line in lines]
    assert [row["supported"] for row in rows] == [False, True, None]
    assert [row["probability"] is None for row in rows] == [True, False, True]
    assert rows[1]["p(none)"] + rows[1]["p(finding)"] == pytest.approx(1)
    assert [row["position"] for row in rows] == [0, 1, 2]


def test_the_zip_file_has_tables_and_heatmaps_and_the_audit_its_hash(
    workplace: Workplace, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_export, "CHUNK", 1)
    files = [("a.png", png(1)), ("b.txt", b"text"), ("c.png", png(2))]
    job = batches.start_upload(workplace, files, explain=True)
    queue.run_pending(workplace, pool)
    streamed = batch_export.as_zip(workplace, job.job_id)
    assert [one.content for one in exports(workplace)] == [""], "before the first byte"
    made = b"".join(streamed.pieces)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        names = archive.namelist()
        assert archive.read("results.csv") == batch_export.as_csv(workplace, job.job_id)
        rows = list(parquet_rows(io.BytesIO(archive.read("results.parquet"))))
        picture = Image.open(io.BytesIO(archive.read("heatmaps/000002.png")))
    assert names[3:] == ["heatmaps/000000.png", "heatmaps/000002.png"]
    assert [row["file"] for row in rows] == ["a.png", "b.txt", "c.png"]
    assert picture.mode == "L"
    assert hashlib.sha256(made).hexdigest() in [one.content for one in exports(workplace)]


def exports(workplace: Workplace) -> list[AuditEntry]:
    """What the audit has of exports."""
    with workplace.store.read() as tx:
        entries = list(tx.audit.entries())
    return [one for one in entries if one.action == "batch exported"]
