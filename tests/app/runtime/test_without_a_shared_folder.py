"""Server and worker as processes on PostgreSQL and an S3 store, each with a data folder of its own:
an image is uploaded, predicted, explained, exported and deleted."""

from __future__ import annotations

import runpy
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.services import batch_export, batches, originals, review
from app.services.accounts import api_tokens
from app.services.storage.checking import problems
from tests.app.runtime.many_workers import until, working
from tests.app.services.workplaces import CLASSES, png
from tests.app.store.postgres import PostgresServer
from tests.browser.running import Program
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.paths import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.tools]
IMAGES = 3


@pytest.fixture
def program(empty_postgres: PostgresServer, bucket: str, tmp_path: Path) -> Iterator[Program]:
    """A server without a worker."""
    name = f"t{uuid.uuid4().hex}"
    empty_postgres.administer(f"CREATE DATABASE {name} TEMPLATE empty")
    (tmp_path / "server").mkdir()
    make_tiny_bundle(tmp_path / "models" / "tiny", CLASSES, name="tiny")
    started = Program(
        tmp_path / "server",
        environment={
            "DPROTONET_DATABASE_URL": empty_postgres.url.replace("NAME", name),
            "DPROTONET_BLOBS": f"{bucket}/reviews",
            "DPROTONET_MODELS": str(tmp_path / "models"),
            "DPROTONET_WORKERS": "0",
        },
    )
    started.start()
    started.activate("tiny")
    yield started
    started.stop()
    empty_postgres.administer(f"DROP DATABASE {name} WITH (FORCE)")


def test_server_and_worker_share_a_database_and_a_bucket_and_no_folder(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    with program.workplace() as workplace, working(workplace, 1, log=log, data=tmp_path / "worker"):
        monkeypatch.setenv("DPROTONET_TOKEN", api_tokens.make(workplace, "the test"))
        client: Any = runpy.run_path(str(ROOT / "docs" / "http_client.py"))["Client"]
        asked = client(program.address)
        cases = [asked.ask(f"cases?name={n}.png", png(n, side=300))["case"] for n in range(IMAGES)]
        for case in cases:
            frame = f"cases/{case}/frames/0"
            said = asked.wait(f"{frame}/prediction")
            assert said["probabilities"], said
            found = asked.ask(f"{frame}/explanations", b'{"node": "class"}')
            job = found["job"] and asked.wait(f"jobs/{found['job']['id']}")
            made = job["explanation"] if job else found["explanation"]["id"]
            assert asked.ask(f"explanations/{made}/heatmap").startswith(b"\x89PNG")
        batch = batches.start_upload(workplace, [("more.png", png(9, side=300))])
        originals_of = [review.original(workplace, case) for case in cases]
        assert originals_of == [png(n, side=300) for n in range(IMAGES)]
        until(lambda: not batches.progress(workplace, batch.job_id).job.is_active)
        assert b"more.png" in batch_export.as_csv(workplace, batch.job_id)
        assert list(problems(workplace)) == [] and originals.tidy(workplace).missing == 0
        stored = set(workplace.blobs.all_keys())
        for case in cases:
            review.delete_case(workplace, case)
        batches.delete(workplace, batch.job_id)
        left = set(workplace.blobs.all_keys())
        assert len(stored) > 2 * IMAGES and left < stored
        with workplace.store.read() as tx:
            assert left == tx.named_blobs()
    for data in (program.data, tmp_path / "worker"):
        assert data.is_dir() and not (data / "blobs").exists()
    assert ".png" not in log.read_text()
