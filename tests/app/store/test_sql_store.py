"""Transactions keep all or nothing, and writers wait for each other."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.domain.cases import Case, CaseFacts
from app.store.sql_store import SqlStore

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def case(number: int, **more: object) -> Case:
    choices = {
        "case_id": f"c{number}",
        "file_name": "a.dcm",
        "file_sha256": f"{number:064x}",
        "pixel_sha256": f"{number:064x}",
        "file_bytes": 5,
        "facts": CaseFacts("dicom", 4, 6, study_uid="1.2", burned_in_annotation=True),
        "source": "upload",
        "model": None,
        "created_at": NOW,
    } | more
    return Case(**choices)  # type: ignore[arg-type]


def test_sqlite_is_told_how_to_behave(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    with store.engine.connect() as connection:

        def pragma(name: str) -> object:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

        assert pragma("journal_mode") == "wal"
        assert (pragma("foreign_keys"), pragma("busy_timeout")) == (1, 30_000)
        assert (pragma("synchronous"), pragma("secure_delete")) == (2, 1)


def test_a_case_comes_back_as_it_was(database_url: str) -> None:
    store = SqlStore(database_url)
    with store.write() as tx:
        tx.cases.add(case(1))
    with store.read() as tx:
        assert tx.cases.get("c1") == case(1)
        assert tx.cases.find(file_sha256=f"{1:064x}") == case(1)
        assert tx.cases.find(file_sha256="f" * 64) is None
    store.close()


def test_what_fails_is_not_kept_at_all(database_url: str) -> None:
    store = SqlStore(database_url)
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.cases.add(case(1))
        tx.set_setting("half", True)
        tx.cases.add(case(2, file_sha256=f"{1:064x}"))
    with store.read() as tx:
        assert not list(tx.cases.ids()) and tx.setting("half") is None
    store.close()


def test_the_same_pixels_are_found_the_first_case_first(database_url: str) -> None:
    store = SqlStore(database_url)
    with store.write() as tx:
        for number, minutes in ((1, 5), (2, 0), (3, 9)):
            tx.cases.add(
                case(number, pixel_sha256="a" * 64, created_at=NOW + timedelta(minutes=minutes))
            )
        tx.cases.add(case(4))
    with store.read() as tx:
        assert [twin.case_id for twin in tx.cases.with_pixels("a" * 64, limit=9)] == [
            "c2",
            "c1",
            "c3",
        ]
    store.close()


def test_a_row_without_its_parent_is_refused(database_url: str) -> None:
    store = SqlStore(database_url)
    insert = "INSERT INTO prototype_judgement (annotation_id, prototype) VALUES (99, 'p00')"
    with pytest.raises(IntegrityError), store.engine.begin() as connection:
        connection.execute(text(insert))
    store.close()


def test_concurrent_read_modify_writes_lose_nothing(sqlite_url: str) -> None:
    # With a deferred BEGIN most of these were lost: the value is read before the lock is taken.
    stores = [SqlStore(sqlite_url) for _ in range(4)]
    with stores[0].write() as tx:
        tx.set_setting("count", 0)

    def add(store: SqlStore) -> None:
        for _ in range(15):
            with store.write() as tx:
                tx.set_setting("count", tx.setting("count") + 1)

    threads = [threading.Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as tx:
        assert tx.setting("count") == 60


def test_a_reader_sees_one_state_while_others_write(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    with store.read() as tx:
        assert not list(tx.cases.ids())
        with store.write() as other:
            other.cases.add(case(1))
        assert not list(tx.cases.ids())
    with store.read() as tx:
        assert list(tx.cases.ids()) == ["c1"]


def test_two_workers_never_claim_the_same_job(database_url: str) -> None:
    from app.services.jobs import enqueue_prediction

    store = SqlStore(database_url)
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
    store.close()


def test_a_path_with_blanks_and_percent_signs_holds_a_database(tmp_path: Path) -> None:
    from app.store.migrate import upgrade

    folder = tmp_path / "my images 100%"
    folder.mkdir()
    url = f"sqlite:///{folder / 'r.sqlite3'}"
    upgrade(url, backups=folder, now=NOW)
    with SqlStore(url).write() as tx:
        tx.set_setting("x", 1)
    assert (folder / "r.sqlite3").is_file()
