"""Files of a batch that a worker takes together."""

from datetime import UTC, datetime

import pytest

from app.domain.jobs import BatchFacts, Job, Work
from app.services import jobs
from app.store.batch_items import ClaimedItem, NewItem
from app.store.sql_store import SqlStore
from app.store.together.claimed_files import FileEnd
from tests.app.store.example_cases import case

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FILES = 5


@pytest.fixture
def job(store: SqlStore) -> Job:
    """A batch of files that nobody has begun."""
    with store.write() as tx:
        facts = BatchFacts("images", folder="/images")
        new = jobs.enqueue(tx, Work("batch", "batch:a"), now=NOW, batch=facts)
        tx.batch_items.add(new.job_id, [NewItem(f"{n}.png", path=f"{n}.png") for n in range(FILES)])
    return new


def take(store: SqlStore, *, most: int) -> list[ClaimedItem]:
    with store.write() as tx:
        first = tx.batch_items.claim(NOW)
        return [] if first is None else [first, *tx.claimed_files.more_of(first, most=most)]


def counts(store: SqlStore, job: Job) -> dict[str, int]:
    with store.read() as tx:
        return dict(tx.batches.progress(job.job_id).counts)


def test_they_are_the_next_ones_as_if_each_had_been_taken_alone(store: SqlStore, job: Job) -> None:
    together = take(store, most=2)
    assert [item.name for item in together] == ["0.png", "1.png", "2.png"]
    with store.write() as tx:
        tx.claimed_files.put_back([item.item_id for item in together], counted=False)
    alone = [take(store, most=0)[0] for _ in together]
    assert [(item.item_id, item.path, item.folder) for item in alone] == [
        (item.item_id, item.path, item.folder) for item in together
    ]
    assert {item.attempt for item in alone} == {1}
    assert counts(store, job) == {"running": 3, "waiting": 2}


def test_one_that_was_begun_before_is_taken_alone(store: SqlStore, job: Job) -> None:
    first, second, third = take(store, most=2)
    with store.write() as tx:
        tx.claimed_files.put_back([second.item_id], counted=True)
        tx.claimed_files.put_back([first.item_id, third.item_id], counted=False)
    assert [item.name for item in take(store, most=9)] == ["0.png", "2.png", "3.png", "4.png"]
    (again,) = take(store, most=9)
    assert (again.name, again.attempt) == ("1.png", 2)
    assert take(store, most=9) == []


def test_their_ends_are_written_together(store: SqlStore, job: Job) -> None:
    taken = take(store, most=1)
    with store.write() as tx:
        for number in (1, 2):
            tx.cases.add(case(number))
        tx.claimed_files.finish(
            {
                taken[0].item_id: FileEnd("done", "c1", "a" * 64),
                taken[1].item_id: FileEnd("refused", "c2", "b" * 64, "No prediction.\0"),
            }
        )
    with store.read() as tx:
        rows = tx.batch_report.page(job.job_id, page=0, size=9).rows[:3]
    assert [(row.state, row.case_id, row.file_sha256[:1], row.message) for row in rows] == [
        ("done", "c1", "a", ""),
        ("refused", "c2", "b", "No prediction."),
        ("waiting", None, "", ""),
    ]


def test_another_worker_neither_ends_them_nor_lets_them_wait(store: SqlStore, job: Job) -> None:
    if not store.is_shared:
        pytest.skip("SQLite has one worker")
    store.holder = "a"
    ids = [item.item_id for item in take(store, most=1)]
    other = SqlStore(store.engine.url.render_as_string(hide_password=False))
    other.holder = "b"
    with other.write() as tx:
        assert tx.claimed_files.held(ids) == set()
        tx.claimed_files.put_back(ids, counted=True)
        assert [item.name for item in take(other, most=9)] == ["2.png", "3.png", "4.png"]
    with store.write() as tx:
        assert tx.claimed_files.held(ids) == set(ids)
    assert counts(store, job) == {"running": 5}
    other.close()
