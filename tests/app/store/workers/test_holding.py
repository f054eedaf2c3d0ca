"""What a worker holds: nobody else takes it, until the worker is silent or leaves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.domain.jobs import MOST_ATTEMPTS, BatchFacts, Work
from app.services import jobs
from app.store.batch_items import GIVEN_UP as FILE_GIVEN_UP
from app.store.batch_items import NewItem
from app.store.jobs import GIVEN_UP
from app.store.sql_store import SqlStore, Transaction
from app.store.workers.holding import LEASE_SECONDS
from dprotonet.errors import Cancelled

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Open = Callable[[str], SqlStore]


@pytest.fixture
def as_worker(database_url: str) -> Open:
    """A store of the same database that belongs to a worker which gave a sign of life."""

    def opened(name: str) -> SqlStore:
        store = SqlStore(database_url)
        store.holder = name
        sign(store)
        return store

    return opened


def sign(store: SqlStore) -> None:
    with store.write() as tx:
        tx.workers.sign(pid=7, device="cpu", memory=1000)


def fall_silent(store: SqlStore, name: str) -> None:
    """As if its last sign of life were longer ago than the lease, by the database's clock."""
    is_sqlite = store.engine.dialect.name == "sqlite"
    earlier = (
        f"strftime('%Y-%m-%d %H:%M:%f', seen_at, '-{LEASE_SECONDS + 1} seconds') || '000'"
        if is_sqlite
        else f"seen_at - interval '{LEASE_SECONDS + 1} seconds'"
    )
    with store.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE worker SET seen_at = {earlier} WHERE id = :id"), {"id": name}
        )


def a_job(tx: Transaction, key: str = "predict:a") -> str:
    return jobs.enqueue(tx, Work("predict", key), now=NOW).job_id


def a_batch(tx: Transaction, *, files: int = 1, listing: bool = False) -> str:
    facts = BatchFacts("images", folder="/images", listing=listing)
    job = jobs.enqueue(tx, Work("batch", "batch:a"), now=NOW, batch=facts)
    tx.batch_items.add(job.job_id, [NewItem(f"{n}.png", path=f"{n}.png") for n in range(files)])
    return job.job_id


def test_what_a_living_worker_holds_is_taken_up_by_nobody_else(as_worker: Open) -> None:
    first, second = as_worker("first"), as_worker("second")
    with first.write() as tx:
        job_id = a_job(tx)
        a_batch(tx)
        assert tx.jobs.claim(NOW) is not None
        assert tx.batch_items.claim(NOW) is not None
    with second.write() as tx:
        assert tx.jobs.requeue_abandoned(NOW) == 0
        assert tx.batch_items.requeue_abandoned() == 0
        assert tx.jobs.get(job_id).state == "running"
    with first.write() as tx:  # what it holds between two pieces of work was left, too
        assert tx.jobs.requeue_abandoned(NOW) == 1


def test_what_a_silent_worker_held_waits_again_and_it_may_not_say_how_that_ended(
    as_worker: Open,
) -> None:
    first, second = as_worker("first"), as_worker("second")
    with first.write() as tx:
        job_id, _ = a_job(tx), a_batch(tx)
        tx.jobs.claim(NOW)
        item = tx.batch_items.claim(NOW)
        assert item is not None
    fall_silent(second, "first")
    with second.write() as tx:
        assert tx.jobs.requeue_abandoned(NOW) == 1
        assert tx.batch_items.requeue_abandoned() == 1
        assert tx.jobs.claim(NOW) == replace(tx.jobs.get(job_id), attempts=2)
        assert tx.batch_items.claim(NOW) == replace(
            item, job=tx.jobs.get(item.job.job_id), attempt=2
        )
    sign(first)
    with first.write() as tx:
        assert tx.jobs.is_unwanted(job_id)
        tx.jobs.finish(job_id, state="done", now=NOW)
        tx.jobs.put_back(job_id)
        tx.jobs.fail(job_id, "broken", NOW)
        assert tx.batch_items.finish(item.item_id, state="error", message="mine") == set()
        tx.batch_items.put_back(item.item_id)
        assert tx.jobs.get(job_id).state == "running"
    with pytest.raises(Cancelled), first.write() as tx:
        tx.batch_items.link(item.item_id, "case")
    with second.write() as tx:
        assert not tx.jobs.is_unwanted(job_id)
        tx.jobs.finish(job_id, state="done", now=NOW)
        tx.batch_items.finish(item.item_id, state="done")
        assert tx.jobs.get(job_id).state == "done"
        assert tx.batches.progress(item.job.job_id).counts == {"done": 1}


def test_work_that_ended_three_workers_is_given_up_with_a_reason(as_worker: Open) -> None:
    store = as_worker("w0")
    with store.write() as tx:
        job_id, batch_id = a_job(tx), a_batch(tx)
    for number in range(MOST_ATTEMPTS):
        worker = as_worker(f"w{number}")
        with worker.write() as tx:
            assert tx.jobs.claim(NOW) is not None and tx.batch_items.claim(NOW) is not None
        fall_silent(worker, f"w{number}")
        with as_worker("another").write() as tx:
            tx.jobs.requeue_abandoned(NOW)
            tx.batch_items.requeue_abandoned()
    with store.read() as tx:
        job = tx.jobs.get(job_id)
        assert (job.state, job.message, job.finished_at) == ("failed", GIVEN_UP, NOW)
        assert tx.batches.progress(batch_id).counts == {"error": 1}
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT message FROM job_item")) == FILE_GIVEN_UP


def test_a_folder_is_walked_by_one_worker_and_by_another_when_that_one_is_silent(
    as_worker: Open,
) -> None:
    first, second = as_worker("first"), as_worker("second")
    with first.write() as tx:
        job_id = a_batch(tx, listing=True)
        assert tx.folder_listings.claim(NOW) is not None
    with second.write() as tx:
        assert tx.folder_listings.claim(NOW) is None
    fall_silent(second, "first")
    with second.write() as tx:
        claimed = tx.folder_listings.claim(NOW)
        assert claimed is not None and claimed[0].attempts == 2
    with first.write() as tx:
        assert not tx.folder_listings.is_held(job_id)
        tx.folder_listings.finish(job_id, "")
    with second.write() as tx:
        assert tx.folder_listings.is_held(job_id)
        tx.folder_listings.finish(job_id, "")
        assert not tx.batches.progress(job_id).listing


def test_of_long_jobs_one_of_a_kind_is_at_work_and_one_whose_worker_is_gone_is_ended(
    as_worker: Open,
) -> None:
    first, second = as_worker("first"), as_worker("second")
    with first.write() as tx:
        for key in ("attach:a", "attach:b"):
            facts = BatchFacts(folder="/images")
            jobs.enqueue(tx, Work("attach", key, model="m"), now=NOW, batch=facts)
        claimed = tx.attaching.claim(NOW)
        assert claimed is not None
    with second.write() as tx:
        assert tx.attaching.claim(NOW) is None
        assert tx.attaching.end_abandoned(NOW) == 0
    with first.write() as tx:  # the thread that does it goes on beside the worker's loop
        assert tx.attaching.end_abandoned(NOW) == 0
    fall_silent(second, "first")
    with second.write() as tx:
        assert tx.attaching.end_abandoned(NOW) == 1
        ended = tx.jobs.get(claimed[0].job_id)
        assert ended.state == "failed" and "was stopped" in ended.message
        assert tx.attaching.claim(NOW) is not None


def test_a_worker_that_leaves_puts_back_what_it_holds_without_counting_the_attempt(
    as_worker: Open,
) -> None:
    first, second = as_worker("first"), as_worker("second")
    with first.write() as tx:
        job_id, batch_id = a_job(tx), a_batch(tx)
        tx.jobs.claim(NOW)
        tx.batch_items.claim(NOW)
        assert tx.jobs.put_back_held() == 1 and tx.batch_items.put_back_held() == 1
        tx.workers.leave()
    with second.write() as tx:
        assert tx.jobs.get(job_id).attempts == 0 and tx.jobs.get(job_id).state == "waiting"
        assert tx.batches.progress(batch_id).counts == {"waiting": 1}
        assert [one.worker_id for one in tx.workers.living()] == ["second"]
