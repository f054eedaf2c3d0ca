"""Sessions and wrong passwords in the database."""

from datetime import timedelta

from app.domain.accounts.account import Account
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW

HOUR = timedelta(hours=1)


def test_what_is_over_is_removed_and_the_rest_stays(database_url: str) -> None:
    store = SqlStore(database_url)
    with store.write() as tx:
        tx.accounts.add(Account("a1", "ann", frozenset({"lead"}), False, NOW, False))
        for key, at in (("old", NOW - 9 * HOUR), ("idle", NOW - 2 * HOUR), ("new", NOW)):
            tx.sessions.add(key, "a1", at)
        tx.sessions.use("old", NOW)
        tx.sessions.forget(used_before=NOW - HOUR, created_before=NOW - 8 * HOUR)
    with store.write() as tx:
        assert tx.sessions.get("old") is None and tx.sessions.get("idle") is None
        kept = tx.sessions.get("new")
        assert kept is not None and (kept.account_id, kept.used_at) == ("a1", NOW)
        tx.sessions.end_all("a1")
        assert tx.sessions.get("new") is None
    store.close()


def test_wrong_passwords_are_counted_until_they_are_long_past(database_url: str) -> None:
    store = SqlStore(database_url)
    with store.write() as tx:
        assert tx.sessions.failures("k", NOW) == (0, NOW)
        tx.sessions.note_failure("k", count=1, now=NOW, until=NOW)
        tx.sessions.note_failure("k", count=2, now=NOW, until=NOW + HOUR)
        tx.sessions.forget_failures(NOW - HOUR)
    with store.write() as tx:
        assert tx.sessions.failures("k", NOW) == (2, NOW + HOUR)
        tx.sessions.forget_failures(NOW + HOUR)
        assert tx.sessions.failures("k", NOW) == (0, NOW)
    store.close()
