"""Signs of life: by the database's clock, of workers that have an id."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from app.store.sql_store import SqlStore
from app.store.workers.clock import DatabaseTime
from app.store.workers.holding import LEASE_SECONDS


def test_a_worker_lives_until_it_is_silent_for_the_lease_or_leaves(store: SqlStore) -> None:
    store.holder = "w"
    with store.write() as tx:
        tx.workers.sign(pid=7, device="cuda:1", memory=3_000_000_000)
    with store.write() as tx:
        tx.workers.sign(pid=7, device="cuda:1", memory=4_000_000_000)
        (one,) = tx.workers.living()
    assert (one.worker_id, one.pid, one.device, one.memory) == ("w", 7, "cuda:1", 4_000_000_000)
    assert one.seen_at >= one.started_at
    assert abs(one.seen_at - datetime.now(UTC)) < timedelta(minutes=1)
    with store.engine.begin() as connection:
        long_ago = one.seen_at.replace(tzinfo=None) - timedelta(seconds=LEASE_SECONDS + 60)
        connection.execute(text("UPDATE worker SET seen_at = :then"), {"then": str(long_ago)})
    with store.write() as tx:
        assert tx.workers.living() == ()
        tx.workers.sign(pid=7, device="cuda:1", memory=1)
        assert len(tx.workers.living()) == 1
        tx.workers.leave()
        assert tx.workers.living() == ()


def test_a_worker_that_is_gone_for_long_is_forgotten(store: SqlStore) -> None:
    store.holder = "w"
    with store.write() as tx:
        tx.workers.sign(pid=7, device="cpu", memory=0)
        tx.workers.forget_silent()
        assert len(tx.workers.living()) == 1
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE worker SET seen_at = '2026-01-01 00:00:00.000000'"))
    with store.write() as tx:
        tx.workers.forget_silent()
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM worker")) == 0


def test_a_store_that_belongs_to_no_worker_gives_no_sign(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="no worker"), store.write() as tx:
        tx.workers.sign(pid=7, device="cpu", memory=0)


def test_the_database_counts_seconds_back(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        now, before = connection.execute(select(DatabaseTime(), DatabaseTime(ago=90.5))).one()
    assert timedelta(seconds=90) < now - before < timedelta(seconds=91)
