"""The table of the outbox on both databases: once, by one worker, by the database's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.domain.actors import Actor
from app.domain.errors import Conflict, NotFound
from app.domain.sending.sending import SEND_STATES, Sending
from app.store.sending.outbox import CANCELLED, GIVEN_UP, OVERTAKEN
from app.store.sql_store import SqlStore
from tests.app.store.example_cases import CREATED, case

ROW = Sending(
    sending_id="s1",
    case_id="c1",
    frame=0,
    revision=1,
    archive="main",
    state="waiting",
    attempts=0,
    reason="",
    stored=(),
    asked_by=Actor("Ann", "reader"),
    asked_at=CREATED,
    sent_at=None,
)
TO = ("main",)


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    with store.write() as tx:
        tx.cases.add(case(1))
        tx.outbox.add(ROW)
    return store


def only(store: SqlStore) -> Sending:
    with store.read() as tx:
        (found,) = tx.outbox.all(SEND_STATES, most=10)
    return found


def take(store: SqlStore, *archives: str) -> Sending | None:
    with store.write() as tx:
        return tx.outbox.claim(archives or TO)


def test_a_row_comes_back_as_it_was_added_and_once_for_an_archive(filled: SqlStore) -> None:
    assert only(filled) == ROW
    with filled.write() as tx:
        assert tx.outbox.add(replace(ROW, sending_id="s2")) == ROW
        other = tx.outbox.add(replace(ROW, sending_id="s3", archive="other"))
        assert [one.archive for one in tx.outbox.of_frame("c1", frame=0)] == ["main", "other"]
        assert other.archive == "other" and tx.outbox.counts() == {"waiting": 2}


def test_one_takes_it_and_only_for_an_archive_that_the_site_names(filled: SqlStore) -> None:
    assert take(filled, "other") is None
    with filled.read() as tx:
        assert tx.outbox.is_any_due(TO) and not tx.outbox.is_any_due(("other",))
        assert not tx.outbox.is_any_due(())
    taken = take(filled)
    assert taken is not None and (taken.state, taken.attempts) == ("sending", 1)
    assert take(filled) is None


def test_it_waits_by_the_databases_clock(filled: SqlStore) -> None:
    assert take(filled) is not None
    with filled.write() as tx:
        tx.outbox.wait("s1", 120.0, reason="away")
    row = only(filled)
    assert 110 < row.wait <= 120 and (row.state, row.reason) == ("waiting", "away")
    assert take(filled) is None
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET next_at = '2026-01-01 00:00:00.000000'"))
    assert only(filled).wait == 0 and take(filled) is not None
    with filled.write() as tx:
        tx.outbox.wait("s1", 0.0, reason="", counts=False)
    assert only(filled).attempts == 1


def test_what_a_worker_that_is_gone_sent_is_sent_again_and_it_writes_nothing_any_more(
    filled: SqlStore,
) -> None:
    filled.holder = "first"
    assert take(filled) is not None
    filled.holder = "second"
    with filled.write() as tx:
        assert tx.outbox.requeue_abandoned() == 1
    assert take(filled) is not None
    filled.holder = "first"
    with filled.write() as tx:
        tx.outbox.note_stored("s1", ["1.2"])
        assert not tx.outbox.finish("s1", "failed", reason="late", sent_at=None)
        tx.outbox.wait("s1", 9.0, reason="late")
    assert (only(filled).state, only(filled).reason, only(filled).stored) == ("sending", "", ())
    filled.holder = "second"
    with filled.write() as tx:
        tx.outbox.note_stored("s1", ["1.2", "1.3"])
        tx.outbox.note_stored("s1", ["1.3", "1.4"])
        assert tx.outbox.finish("s1", "sent", sent_at=CREATED + timedelta(hours=1))
    row = only(filled)
    assert row.stored == ("1.2", "1.3", "1.4") and row.sent_at == CREATED + timedelta(hours=1)


def test_what_a_living_worker_sends_is_not_taken_from_it(filled: SqlStore) -> None:
    filled.holder = "first"
    with filled.write() as tx:
        tx.workers.sign(pid=1, device="cpu", memory=0)
    assert take(filled) is not None
    filled.holder = "second"
    with filled.write() as tx:
        assert tx.outbox.requeue_abandoned() == tx.outbox.put_back_held() == 0
    filled.holder = "first"
    with filled.write() as tx:
        assert tx.outbox.put_back_held() == 1
    assert (only(filled).state, only(filled).attempts) == ("waiting", 0)


def test_what_three_workers_died_with_is_given_up(filled: SqlStore) -> None:
    for _ in range(3):
        assert take(filled) is not None
        with filled.write() as tx:
            assert tx.outbox.requeue_abandoned() == 1
    assert (only(filled).state, only(filled).reason) == ("failed", GIVEN_UP)
    with filled.write() as tx:
        assert tx.outbox.retry("s1").attempts == 0
    for _ in range(2):
        assert take(filled) is not None
        with filled.write() as tx:
            tx.outbox.requeue_abandoned()
    assert only(filled).state == "waiting", "the deaths of before do not count any more"


def test_cancelled_overtaken_and_asked_for_again(filled: SqlStore) -> None:
    with filled.write() as tx:
        assert tx.outbox.cancel("s1").reason == CANCELLED
        with pytest.raises(Conflict):
            tx.outbox.cancel("s1")
        assert tx.outbox.add(replace(ROW, sending_id="s9", asked_by=Actor("Ben"))).state == (
            "waiting"
        )
        tx.outbox.drop_overtaken("c1", frame=0, revision=1)
        assert tx.outbox.get("s1").state == "waiting"
        tx.outbox.drop_overtaken("c1", frame=0, revision=2)
        assert tx.outbox.get("s1").reason == OVERTAKEN
        assert tx.outbox.get("s1").asked_by == Actor("Ben")
    with pytest.raises(NotFound), filled.write() as tx:
        tx.outbox.retry("s9")


def test_it_goes_with_its_case(filled: SqlStore) -> None:
    with filled.write() as tx:
        tx.cases.delete("c1")
        assert tx.outbox.all(SEND_STATES, most=10) == () and tx.outbox.counts() == {}
