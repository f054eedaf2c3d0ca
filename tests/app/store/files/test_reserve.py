"""Room kept back beside the database, for deletions on a full disk."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import DiskFull
from app.store.files.reserve import FRACTION, LEAST, MOST, Reserve
from app.store.sql_store import SqlStore, Transaction


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many bytes are free."""

    def set_free(count: int) -> None:
        usage = shutil._ntuple_diskusage(count, 0, count)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    return set_free


def test_never_more_than_a_part_of_what_is_free_is_kept_back(
    tmp_path: Path, free: Callable[[int], None]
) -> None:
    path = tmp_path / "reserve"
    free(FRACTION * LEAST - FRACTION)
    assert not Reserve(path).keep() and not path.exists()
    free(FRACTION * LEAST)
    assert Reserve(path).keep() and path.stat().st_size == LEAST
    assert Reserve(path).give_back() and not Reserve(path).give_back()
    free(1 << 40)
    assert Reserve(path).keep() and path.stat().st_size == MOST
    assert [one.name for one in tmp_path.iterdir()] == ["reserve"]


def test_where_nothing_can_be_written_nothing_is_kept_back(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "none" / "reserve").keep()


def test_a_deletion_on_a_full_disk_uses_what_was_kept_back(
    sqlite_url: str, free: Callable[[int], None]
) -> None:
    free(FRACTION * LEAST)
    store = SqlStore(sqlite_url)
    store.keep_reserve()
    reserve = Path(sqlite_url.removeprefix("sqlite:///") + "-reserve")
    calls: list[bool] = []

    def change(tx: Transaction) -> str:
        calls.append(reserve.exists())
        if reserve.exists():
            raise DiskFull("full")
        return "done"

    assert store.delete(change) == "done" and calls == [True, False]

    def never_fits(tx: Transaction) -> None:
        raise DiskFull("full")

    with pytest.raises(DiskFull):
        store.delete(never_fits)
