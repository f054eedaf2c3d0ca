"""Tries on each kind of database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.errors import NotFound
from app.domain.interventions.changes import Change
from app.domain.interventions.tries import Try
from app.domain.jobs import MOST_ATTEMPTS
from app.store.interventions.tries import CANCELLED, REPLACED
from app.store.jobs import GIVEN_UP
from app.store.sql_store import SqlStore
from dprotonet.inference.intervention import Control, InterventionResult
from tests.app.store.databases import NOW
from tests.app.store.example_cases import case

RESULT = InterventionResult(
    "sick",
    {"sick": 0.9},
    {"sick": 2.0},
    {"p01": 0.5},
    0.2,
    Control({"sick": 0.8}, {"sick": 0.1}, 8, True),
)


def tried(number: int, **more: object) -> Try:
    """Tries of ascending numbers follow each other by a minute."""
    choices = {
        "try_id": f"t{number}",
        "case_id": "c1",
        "frame": 0,
        "model": "a" * 64,
        "site": "",
        "key": f"{number:064x}",
        "reader": "Ann",
        "change": Change(off=("p01",)),
        "state": "waiting",
        "message": "",
        "result": None,
        "asked_at": NOW + timedelta(minutes=number),
    } | more
    return Try(**choices)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def cases(store: SqlStore) -> None:
    with store.write() as tx:
        tx.cases.add(case(1))


def test_a_try_comes_back_as_it_was_added_and_goes_with_its_case(store: SqlStore) -> None:
    done = tried(1, state="done", result=RESULT)
    with store.write() as tx:
        tx.tries.add(done)
    with store.read() as tx:
        assert tx.tries.get("t1") == done and not tx.tries.is_any_waiting()
    with store.write() as tx:
        tx.cases.delete("c1")
    with store.read() as tx, pytest.raises(NotFound, match="Try it again"):
        tx.tries.get("t1")


def test_the_oldest_goes_first_and_is_known_by_its_work_once_it_is_done(store: SqlStore) -> None:
    with store.write() as tx:
        for number in (2, 1):
            tx.tries.add(tried(number))
        claimed = tx.tries.claim()
        assert claimed == tried(1, state="running", attempts=1)
        assert tx.tries.known(claimed.key) is None
        tx.tries.finish("t1", state="done", result=RESULT)
    with store.write() as tx:
        assert tx.tries.known(tried(1).key) == RESULT and tx.tries.known(tried(2).key) is None
        assert tx.tries.claim() == tried(2, state="running", attempts=1)
        assert tx.tries.claim() is None


def test_what_was_cancelled_while_it_ran_stays_cancelled(store: SqlStore) -> None:
    with store.write() as tx:
        tx.tries.add(tried(1))
        tx.tries.claim()
        tx.tries.cancel("t1")
        tx.tries.finish("t1", state="done", result=RESULT)
    with store.read() as tx:
        assert tx.tries.get("t1") == tried(1, state="cancelled", message=CANCELLED, attempts=1)


def test_a_newer_try_takes_the_place_of_the_reader_s_own_that_waits(store: SqlStore) -> None:
    others = [tried(2, reader="Ben"), tried(3, frame=1), tried(4, state="running")]
    with store.write() as tx:
        for one in (tried(1), *others):
            tx.tries.add(one)
        tx.tries.replace_waiting("c1", frame=0, reader="Ann")
    with store.read() as tx:
        assert tx.tries.get("t1") == tried(1, state="cancelled", message=REPLACED)
        assert [tx.tries.get(one.try_id) for one in others] == others


def test_a_try_whose_worker_died_is_done_again_and_given_up_in_the_end(store: SqlStore) -> None:
    with store.write() as tx:
        tx.tries.add(tried(1))
        for _ in range(MOST_ATTEMPTS):
            assert tx.tries.claim() is not None
            assert tx.tries.requeue_abandoned() == 1
        assert tx.tries.get("t1").message == GIVEN_UP and tx.tries.claim() is None
        assert tx.tries.requeue_abandoned() == 0


def test_what_a_reader_tried_is_found_oldest_first(store: SqlStore) -> None:
    done = [tried(n, state="done", result=RESULT) for n in range(1, 5)]
    others = [
        tried(5, state="failed", message="x"),
        replace(done[0], try_id="t6", reader="Ben"),
        replace(done[0], try_id="t7", frame=1),
    ]
    with store.write() as tx:
        for one in (*done, *others):
            tx.tries.add(one)
        of_ann = {"frame": 0, "reader": "Ann"}
        assert tx.tries.done_since("c1", **of_ann, since=None, limit=9) == tuple(done)
        since = tx.tries.done_since("c1", **of_ann, since=done[0].asked_at, limit=2)
        assert since == tuple(done[2:])
        assert tx.tries.newest_of("c1", **of_ann) == others[0]
        assert tx.tries.newest_of("c1", frame=0, reader="Cid") is None


def test_old_tries_without_an_answer_are_forgotten(store: SqlStore) -> None:
    kept = [tried(1, state="done", result=RESULT), tried(2), tried(9, state="failed")]
    with store.write() as tx:
        for one in (*kept, tried(3, state="failed"), tried(4, state="cancelled")):
            tx.tries.add(one)
        tx.tries.forget_unanswered(NOW + timedelta(minutes=5))
        assert [tx.tries.get(one.try_id) for one in kept] == kept
        for name in ("t3", "t4"):
            with pytest.raises(NotFound):
                tx.tries.get(name)
