"""Jobs of learning: apart from the others, one at a time, never begun again by themselves."""

from datetime import timedelta

from app.domain.actors import Actor
from app.domain.jobs import Job, Work
from app.domain.proposals import LearningRequest
from app.services import jobs
from app.store.programs.learning_jobs import STOPPED
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW

REQUEST = LearningRequest(Actor("Reader One"), "p01 is a marker")


def ask(store: SqlStore, model: str = "a" * 64, *, minute: int = 0) -> Job:
    with store.write() as tx:
        work = Work("learn", f"learn:{model}", model=model)
        job = jobs.enqueue(tx, work, now=NOW + timedelta(minutes=minute))
        tx.learning.note(job.job_id, REQUEST)
        return job


def test_it_comes_with_who_asked_for_it_and_is_not_taken_for_a_prediction(
    store: SqlStore,
) -> None:
    job = ask(store)
    with store.write() as tx:
        assert not tx.jobs.is_any_waiting() and not tx.jobs.is_any_urgent()
        assert tx.jobs.claim(NOW) is None
        claimed = tx.learning.claim(NOW)
    assert claimed is not None
    assert (claimed[0].job_id, claimed[0].state, claimed[1]) == (job.job_id, "running", REQUEST)


def test_the_same_model_is_asked_once_and_the_first_to_ask_is_kept(store: SqlStore) -> None:
    first = ask(store)
    with store.write() as tx:
        again = jobs.enqueue(tx, Work("learn", f"learn:{'a' * 64}", model="a" * 64), now=NOW)
        tx.learning.note(again.job_id, LearningRequest(Actor("Reader Two")))
    with store.write() as tx:
        claimed = tx.learning.claim(NOW)
    assert again.job_id == first.job_id
    assert claimed is not None and claimed[1] == REQUEST


def test_a_second_one_waits_until_the_first_is_over(store: SqlStore) -> None:
    first, second = ask(store), ask(store, "b" * 64, minute=1)
    with store.write() as tx:
        assert tx.learning.claim(NOW) is not None
        assert tx.learning.claim(NOW) is None
        tx.jobs.finish(first.job_id, state="done", now=NOW)
        claimed = tx.learning.claim(NOW)
    assert claimed is not None and claimed[0].job_id == second.job_id


def test_one_whose_worker_died_is_ended_and_the_next_start_does_not_touch_the_others(
    store: SqlStore,
) -> None:
    left, waiting = ask(store), ask(store, "b" * 64, minute=1)
    with store.write() as tx:
        tx.learning.claim(NOW)
        assert tx.jobs.requeue_abandoned(NOW) == 0
        assert tx.learning.end_abandoned(NOW) == 1
    with store.read() as tx:
        job = tx.jobs.get(left.job_id)
        assert (job.state, job.message) == ("failed", STOPPED)
        assert tx.jobs.get(waiting.job_id).state == "waiting"


def test_a_running_one_ends_at_the_workers_next_look_and_a_waiting_one_at_once(
    store: SqlStore,
) -> None:
    first, second = ask(store), ask(store, "b" * 64, minute=1)
    with store.write() as tx:
        tx.learning.claim(NOW)
        assert tx.jobs.cancel(first.job_id, NOW).state == "running"
        assert tx.jobs.is_unwanted(first.job_id)
        assert tx.jobs.cancel(second.job_id, NOW).state == "cancelled"


def test_the_page_finds_the_job_of_a_model_first_the_one_that_is_not_over(
    store: SqlStore,
) -> None:
    first = ask(store)
    with store.write() as tx:
        assert tx.learning.last_of("c" * 64) is None
        tx.jobs.finish(first.job_id, state="failed", now=NOW, message="no data")
    second = ask(store, minute=5)
    with store.read() as tx:
        newest = tx.learning.last_of("a" * 64)
    assert newest is not None and newest.job_id == second.job_id
