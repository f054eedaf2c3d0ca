"""The worker sends beside its other work, takes up what was left, and outlives what fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pydicom import Dataset

from app.domain.archives.archive import Archive
from app.domain.errors import Unavailable
from app.domain.sending.answer import StoreAnswer
from app.runtime import sender, worker
from app.runtime.sender import Sender
from app.services.sending import asking, delivering, stow
from app.services.sending.delivering import Store
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.sending.outboxes import sending_to, signed
from tests.app.services.workplaces import FakePool, make_workplace
from tests.orthanc import Orthanc

PATIENCE = 60.0  # seconds that a busy machine may take


@pytest.fixture
def workplace(
    empty_sqlite: Path, tmp_path: Path, assets: Path, orthanc: Orthanc
) -> Iterator[Workplace]:
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield sending_to(opened, orthanc.archive, kinds=("report",))
    opened.close()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set when something was sent; looks for work come at once."""
    done, send_next = threading.Event(), delivering.send_next

    def watched(
        workplace: Workplace, *, store: Store = stow.store, stop: Callable[[], bool]
    ) -> bool:
        is_sent = send_next(workplace, store=store, stop=stop)
        if is_sent:
            done.set()
        return is_sent

    monkeypatch.setattr(delivering, "send_next", watched)
    for name in ("LOOK_SECONDS", "TROUBLE_SECONDS", "LEFT_SECONDS"):
        monkeypatch.setattr(sender, name, 0.01)
    yield done


def test_the_worker_sends_what_is_queued_and_what_a_dead_one_left(
    workplace: Workplace, orthanc: Orthanc, sent: threading.Event
) -> None:
    asking.send(workplace, signed(workplace, FakePool()))
    with workplace.store.write() as tx:  # a worker that died
        assert tx.outbox.claim(("main",)) is not None
    stop = threading.Event()
    work = threading.Thread(target=worker.run, args=(workplace,), kwargs={"stop": stop})
    work.start()
    try:
        assert sent.wait(PATIENCE)
    finally:
        stop.set()
        work.join(PATIENCE)
    assert [one.state for one in asking.listed(workplace)] == ["sent"]
    assert len(orthanc.instances()) == 1


def test_a_database_that_is_away_ends_no_sender_and_counts_as_no_death(
    workplace: Workplace, sent: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.send(workplace, signed(workplace, FakePool()))
    watched, times = delivering.send_next, list[int]()

    def away_at_first(
        archive: Archive, objects: Sequence[Dataset], *, stop: Callable[[], bool]
    ) -> StoreAnswer:
        times.append(1)
        if len(times) < 5:  # as where the answer cannot be written down
            raise Unavailable("The database cannot be reached.")
        return stow.store(archive, objects, stop=stop)

    monkeypatch.setattr(
        delivering,
        "send_next",
        lambda workplace, *, stop: watched(workplace, store=away_at_first, stop=stop),
    )
    stop = threading.Event()
    at_work = Sender(workplace, stop)
    at_work.start()
    try:
        assert sent.wait(PATIENCE)
    finally:
        stop.set()
        at_work.wait(PATIENCE)
    assert [(one.state, one.attempts) for one in asking.listed(workplace)] == [("sent", 1)]


def test_where_the_site_sends_nothing_there_is_no_thread(workplace: Workplace) -> None:
    stop = threading.Event()
    nothing = Sender(sending_to(workplace), stop)
    before = threading.active_count()
    nothing.start()
    nothing.wait(0.0)
    assert threading.active_count() == before
