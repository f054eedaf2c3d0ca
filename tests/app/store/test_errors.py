"""Whatever the disk or the database complains of is a sentence, without their own words."""

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.domain.errors import Damaged, DiskFull, Unavailable
from app.store import errors
from app.store.backup import backup
from app.store.errors import readable_errors
from app.store.migrate import upgrade
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW
from tests.app.store.example_cases import case
from tests.app.store.postgres import PostgresServer


def use(url: str) -> None:
    """Read and write, as a page does."""
    store = SqlStore(url)
    try:
        with store.read() as tx:
            list(tx.cases.ids())
        with store.write() as tx:
            tx.set_setting("x", "y" * 100_000)
    finally:
        store.close()


def sqlite_path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"Dear colleague, " * 4000),
        lambda path: path.write_bytes(
            path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096)
        ),
    ],
)
def test_a_damaged_database_names_restore(sqlite_url: str, spoil: Callable[[Path], None]) -> None:
    spoil(sqlite_path(sqlite_url))
    with pytest.raises(Damaged, match=r"The database is damaged.*python -m app restore FILE"):
        use(sqlite_url)
    with pytest.raises(Damaged):
        upgrade(sqlite_url, backups=None, now=NOW)


def test_a_cut_database_is_damaged_or_has_lost_its_tables(sqlite_url: str) -> None:
    path = sqlite_path(sqlite_url)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(Unavailable, match="python -m app restore FILE"):
        use(sqlite_url)
    path.write_bytes(b"")
    with pytest.raises(Unavailable, match="lost this program's tables"):
        use(sqlite_url)


def test_a_database_without_room_to_grow_is_a_full_disk(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    with pytest.raises(DiskFull, match="The disk is full"), store.write() as tx:
        tx._session.execute(text("PRAGMA max_page_count = 1"))
        tx.cases.add(case(1))
        tx.set_setting("large", "y" * 1_000_000)
    with store.read() as tx:
        assert not list(tx.cases.ids())
    store.close()


def test_a_database_that_may_not_be_written_says_so(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    with pytest.raises(Unavailable, match="read-only"), store.write() as tx:
        tx._session.execute(text("PRAGMA query_only = ON"))
        tx.set_setting("x", 1)
    store.engine.dispose()


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        use(f"sqlite:///{tmp_path / 'none' / 'r.sqlite3'}")


def test_another_program_that_holds_the_database_is_waited_for_and_then_named(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.sql_store.BUSY_TIMEOUT", 50)
    with sqlite3.connect(sqlite_path(sqlite_url), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="busy"):
            use(sqlite_url)
    other.close()


def test_a_postgres_that_is_not_there_says_so(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://reader:secret@/images?host={tmp_path}"
    for act in (
        lambda: use(url),
        lambda: upgrade(url, backups=tmp_path, now=NOW),
    ):
        with pytest.raises(Unavailable, match="cannot be reached") as caught:
            act()
        assert "secret" not in str(caught.value) and str(tmp_path) not in str(caught.value)


@pytest.mark.postgres
def test_a_postgres_that_goes_away_in_the_middle_says_so_and_is_used_again_when_it_is_back(
    empty_postgres: PostgresServer,
) -> None:
    store = SqlStore(empty_postgres.url.replace("NAME", "empty"))
    gone = "SELECT pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(Unavailable, match="cannot be reached"), store.write() as tx:
        tx._session.execute(text(gone))
    with store.read() as tx:
        assert list(tx.cases.ids()) == []
    store.close()
    with pytest.raises(Unavailable, match="address, name, user"):
        use(empty_postgres.url.replace("NAME", "none_such"))


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("53100", "The disk is full"),
        ("25006", "read-only"),
        ("XX001", "damaged"),
        ("57P03", "cannot be reached"),
        ("40001", "busy"),
    ],
)
def test_postgres_codes_become_sentences(
    empty_postgres: PostgresServer, code: str, sentence: str
) -> None:
    store = SqlStore(empty_postgres.url.replace("NAME", "empty"))
    raised = f"DO $$ BEGIN RAISE EXCEPTION 'Zebrowski' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(Unavailable, match=sentence) as caught, store.write() as tx:
        tx._session.execute(text(raised))
    assert "Zebrowski" not in str(caught.value)
    store.close()


def test_a_backup_that_postgres_refuses_quotes_nobody(tmp_path: Path) -> None:
    from app.domain.errors import Refused

    with pytest.raises(Refused) as caught:
        backup(f"postgresql+psycopg://Zebrowski@/images?host={tmp_path}", tmp_path, now=NOW)
    assert "Zebrowski" not in str(caught.value) and "pg_dump" in str(caught.value)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, errors.FULL),
        (errno.EDQUOT, errors.FULL),
        (errno.EROFS, errors.READ_ONLY),
        (errno.EIO, errors.FAULTY),
        (errno.EACCES, errors.NO_RIGHT),
    ],
)
def test_the_systems_errors_become_sentences(number: int, sentence: str) -> None:
    with pytest.raises(Unavailable) as caught, readable_errors():
        raise OSError(number, os.strerror(number), "/images/Zebrowski.dcm")
    assert str(caught.value) == sentence


def test_a_disk_that_is_full_indeed() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("only Linux has /dev/full")
    with pytest.raises(DiskFull), readable_errors(), open("/dev/full", "wb", buffering=0) as file:
        file.write(b"image")


def test_what_is_no_trouble_of_the_store_goes_through(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.cases.add(case(1))
        tx.cases.add(case(2, file_sha256=f"{1:064x}"))
    with pytest.raises(FileNotFoundError), store.read():
        raise FileNotFoundError("gone")
    with pytest.raises(Exception, match="no such column"), store.read() as tx:
        tx._session.execute(text("SELECT typo FROM setting"))
