"""Jobs: claimed once, done again after a worker died, given up in the end."""

import threading

from app.domain.jobs import MOST_ATTEMPTS
from app.services.jobs import enqueue_prediction
from app.store.jobs import GIVEN_UP
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW
from tests.app.store.example_cases import case


def test_two_workers_never_claim_the_same_job(store: SqlStore) -> None:
    with store.write() as tx:
        for number in range(20):
            tx.cases.add(case(number))
            enqueue_prediction(tx, case_id=f"c{number}", frame=0, model="m", now=NOW)
    claimed: list[str] = []

    def work() -> None:
        while True:
            with store.write() as tx:
                job = tx.jobs.claim(NOW)
            if job is None:
                return
            claimed.append(job.job_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 20


def test_the_same_work_is_never_queued_twice(store: SqlStore) -> None:
    with store.write() as tx:
        tx.cases.add(case(1))
        first = enqueue_prediction(tx, case_id="c1", frame=0, model="m", now=NOW)
        again = enqueue_prediction(tx, case_id="c1", frame=0, model="m", now=NOW)
        other = enqueue_prediction(tx, case_id="c1", frame=0, model="another", now=NOW)
    assert again.job_id == first.job_id != other.job_id


def test_a_job_whose_workers_died_is_given_up_and_says_so(store: SqlStore) -> None:
    with store.write() as tx:
        tx.cases.add(case(1))
        job = enqueue_prediction(tx, case_id="c1", frame=0, model="m", now=NOW)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        with store.write() as tx:
            claimed = tx.jobs.claim(NOW)
            assert claimed is not None and claimed.attempts == attempt
            assert tx.jobs.requeue_abandoned(NOW) == 1
    with store.read() as tx:
        after = tx.jobs.get(job.job_id)
    assert (after.state, after.message) == ("failed", GIVEN_UP)
