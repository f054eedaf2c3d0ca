"""Figures: what waits, whether the worker lives, and no word about an image or a person."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.domain.errors import Unavailable
from app.server.operations.metrics import exposition
from app.services.inference import queue, workers
from app.services.sending import asking
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.sending.outboxes import NOWHERE, sending_to, signed
from tests.app.services.workplaces import FakePool, active_model, make_workplace, png


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield opened
    opened.close()


def samples(workplace: Workplace) -> dict[tuple[str, ...], float]:
    text = exposition(lambda: workplace).decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_waiting_and_done_work_is_counted(workplace: Workplace) -> None:
    pool = FakePool()
    intake.add(workplace, png(1, level=200), name="DOE^JANE.png")
    found = samples(workplace)
    assert found["dprotonet_store_reached",] == 1
    assert found["dprotonet_jobs", "predict", "waiting"] == 1
    assert found["dprotonet_oldest_waiting_seconds",] >= 0
    queue.run_pending(workplace, pool)
    found = samples(workplace)
    assert found["dprotonet_jobs", "predict", "done"] == 1
    assert ("dprotonet_jobs", "predict", "waiting") not in found
    assert found["dprotonet_oldest_waiting_seconds",] == 0
    assert "DOE" not in exposition(lambda: workplace).decode()


def test_what_is_on_its_way_to_archives_is_counted_by_state(workplace: Workplace) -> None:
    assert samples(workplace)["dprotonet_outbox", "waiting"] == 0
    sends = sending_to(workplace, NOWHERE)
    asking.send(sends, signed(sends, FakePool()))
    found = samples(workplace)
    assert found["dprotonet_outbox", "waiting"] == 1 and found["dprotonet_outbox", "failed"] == 0


def test_the_worker_says_how_much_it_holds(workplace: Workplace) -> None:
    assert samples(workplace)["dprotonet_worker_alive",] == 0
    workers.worker_mark(workplace).write_text("123456\n")
    found = samples(workplace)
    assert found["dprotonet_worker_alive",] == 1
    assert found["dprotonet_worker_resident_bytes",] == 123456
    assert found["dprotonet_free_bytes",] > 0


def test_the_active_model_is_named(workplace: Workplace) -> None:
    model = active_model(workplace)
    digests = {key[-1] for key in samples(workplace) if key[0] == "dprotonet_active_model_info"}
    assert digests <= {model.digest, model.name} and digests


def test_a_store_that_is_away_is_a_figure_and_the_process_has_its_own() -> None:
    def away() -> Workplace:
        raise Unavailable("gone")

    text = exposition(away).decode()
    assert "dprotonet_store_reached 0.0" in text
    assert "process_resident_memory_bytes" in text and "dprotonet_jobs" not in text
