"""A file is taken once, when it is the same at two looks."""

from datetime import UTC, datetime, timedelta

from app.store.sql_store import SqlStore
from app.store.watching.watched_files import Sight

NOW = datetime(2026, 11, 27, tzinfo=UTC)
FOLDER, EVERY = "f" * 64, timedelta(seconds=60)


def look(store: SqlStore, minutes: int = 0) -> bool:
    with store.write() as tx:
        return tx.watched_files.begin_look(FOLDER, NOW + timedelta(minutes=minutes), every=EVERY)


def take(store: SqlStore, **seen: Sight) -> set[str]:
    with store.write() as tx:
        return tx.watched_files.take(FOLDER, seen)


def test_a_look_is_due_once_in_its_time(store: SqlStore) -> None:
    assert [look(store), look(store), look(store, 1), look(store, 1)] == [True, False, True, False]


def test_a_clock_that_was_set_back_does_not_stop_the_looks(store: SqlStore) -> None:
    assert look(store, 100) and look(store)


def test_a_file_is_taken_at_the_second_look_and_never_again(store: SqlStore) -> None:
    look(store)
    whole = Sight(10, 1)
    assert take(store, a=whole) == set()
    assert take(store, a=whole, b=whole) == {"a"}
    assert take(store, a=whole, b=whole) == {"b"}
    assert take(store, a=whole, b=whole) == set()


def test_a_file_that_grows_waits_and_one_that_was_written_to_again_is_taken_again(
    store: SqlStore,
) -> None:
    look(store)
    sights = [Sight(10, 1), Sight(20, 2), Sight(20, 3), Sight(20, 3), Sight(20, 4), Sight(20, 4)]
    assert [bool(take(store, a=one)) for one in sights] == [False, False, False, True, False, True]


def test_what_is_taken_in_a_transaction_that_fails_is_taken_later(store: SqlStore) -> None:
    look(store)
    take(store, a=Sight(1, 1))
    try:
        with store.write() as tx:
            assert tx.watched_files.take(FOLDER, {"a": Sight(1, 1)})
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert take(store, a=Sight(1, 1)) == {"a"}
