"""Received bytes lie whole or not at all, for this user alone."""

import os
import stat
from pathlib import Path

import pytest

from app.store.files.spool import PIECE, Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_pieces_become_one_source_until_it_is_let_go_of(spool: Spool) -> None:
    with spool.receive() as receiving:
        receiving.write(b"im")
        receiving.write(b"")
        receiving.write(b"age")
    source = spool.source(receiving.key)
    assert (source.size, source.read(), source.head(2)) == (5, b"image", b"im")
    assert source.open().read() == b"image"
    spool.release(receiving.key)
    spool.release(receiving.key)
    with pytest.raises(OSError):
        source.read()
    with pytest.raises(OSError):
        spool.source(receiving.key).read()


def test_nothing_lies_on_the_disk_as_it_came(spool: Spool, tmp_path: Path) -> None:
    pieces = [bytes([number]) * (PIECE // 2 + number) for number in range(5)]
    with spool.receive() as receiving:
        for piece in pieces:
            receiving.write(piece)
        receiving.write(b"Zebrowski" * 200_000)  # more than one piece at once
    whole = b"".join(pieces) + b"Zebrowski" * 200_000
    path = tmp_path / "spool" / receiving.key
    assert spool.source(receiving.key).read() == whole
    assert b"Zebrowski" not in path.read_bytes() and b"\0" * 64 not in path.read_bytes()
    # Another process, such as the server after a restart, has no key.
    with pytest.raises(OSError):
        Spool(tmp_path / "spool").source(receiving.key).read()


@pytest.mark.parametrize("change", ["bit", "cut", "swap"])
def test_what_was_changed_on_the_disk_is_refused(spool: Spool, tmp_path: Path, change: str) -> None:
    with spool.receive() as receiving:
        receiving.write(b"a" * 50)
        receiving.write(b"b" * 50)
    path = tmp_path / "spool" / receiving.key
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    if change == "bit":
        data[20] ^= 1
    changed = {"bit": data, "cut": data[:-3], "swap": data[half:] + data[:half]}[change]
    path.write_bytes(changed)
    with pytest.raises(OSError, match="changed"):
        spool.source(receiving.key).read()


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
