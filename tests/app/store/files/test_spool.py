"""Received bytes lie whole or not at all, for this user alone."""

import os
import stat
from pathlib import Path

import pytest

from app.store.files.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_pieces_become_one_source_until_it_is_let_go_of(spool: Spool) -> None:
    with spool.receive() as receiving:
        receiving.write(b"im")
        receiving.write(b"")
        receiving.write(b"age")
    source = spool.source(receiving.key)
    assert isinstance(source, Path) and source.read_bytes() == b"image"
    spool.release(receiving.key)
    spool.release(receiving.key)
    assert not source.exists()


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_nobody_else_can_read_what_was_sent(spool: Spool, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with spool.receive() as receiving:
            receiving.write(b"image")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "spool" / receiving.key).stat().st_mode) == 0o600


def test_an_error_on_the_way_leaves_nothing(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(KeyError), spool.receive() as receiving:
        receiving.write(b"im")
        raise KeyError
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_start_empties_it_of_what_is_its_own(spool: Spool, tmp_path: Path) -> None:
    assert spool.clear() == 0
    for _ in range(3):
        with spool.receive() as receiving:
            receiving.write(b"image")
    other = tmp_path / "spool" / "notes.txt"
    other.write_text("not of the spool")
    assert spool.clear() == 3
    assert list((tmp_path / "spool").iterdir()) == [other]


@pytest.mark.parametrize("key", ["", "..", "../review.sqlite3", "A" * 32, "0" * 33])
def test_a_key_is_never_a_path(spool: Spool, key: str) -> None:
    with pytest.raises(ValueError, match="32 lower-case"):
        spool.source(key)
    with pytest.raises(ValueError, match="32 lower-case"):
        spool.release(key)
