"""Backups: whole while others write, private, few, and never of a damaged database."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.store.backup import KEPT, backup
from app.store.sql_store import SqlStore
from dprotonet.errors import ReadableError
from tests.app.store.databases import NOW
from tests.app.store.example_cases import case


def test_a_backup_taken_while_others_write_can_be_restored(sqlite_url: str, tmp_path: Path) -> None:
    store = SqlStore(sqlite_url)
    with store.write() as tx:
        tx.cases.add(case(1))
    with store.write() as tx:
        tx.cases.add(case(2))  # not committed yet: not in the backup
        saved = backup(sqlite_url, tmp_path / "backups", now=NOW)
    restored = SqlStore(f"sqlite:///{saved}")
    with restored.read() as tx:
        assert list(tx.cases.ids()) == ["c1"] and tx.cases.get("c1") == case(1)
    assert saved.stat().st_mode & 0o077 == 0


def test_only_the_newest_backups_are_kept(sqlite_url: str, tmp_path: Path) -> None:
    made = [
        backup(sqlite_url, tmp_path / "b", now=NOW + timedelta(hours=n)) for n in range(KEPT + 2)
    ]
    assert sorted((tmp_path / "b").iterdir()) == made[2:]


def test_a_damaged_database_is_not_backed_up_as_if_it_were_well(
    sqlite_url: str, tmp_path: Path
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    data = bytearray(path.read_bytes())
    data[5000:30000] = b"\xff" * 25000
    path.write_bytes(bytes(data))
    with pytest.raises(ReadableError, match=r"database is damaged.*python -m app restore FILE"):
        backup(sqlite_url, tmp_path / "b", now=NOW)
    assert not list((tmp_path / "b").iterdir())
