"""Sealed files: as they were, for who has the key; for others unreadable and not to be changed."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from app.store.files.blobs import Blobs, TooManyBytes
from app.store.files.sealing import MARK, PIECE, ChangedFile, SealKey
from app.store.files.secret_keys import WrongKey
from dprotonet.images.isolated.held_bytes import HeldBytes

ONE, OTHER = SealKey(bytes(32)), SealKey(bytes(31) + b"\1")


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"), key=ONE)


class Little(io.BytesIO):
    """Gives a few bytes at a time, as a network may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 300_001))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 7])
def test_a_sealed_file_comes_back_and_shows_nothing_on_the_disk(blobs: Blobs, size: int) -> None:
    data = (b"Somebody's image. " * (size // 18 + 1))[:size]
    key = blobs.keep(blobs.stage(Little(data)))
    stored = Path(blobs.path(key)).read_bytes()
    assert stored.startswith(MARK) and (size < 18 or b"Somebody" not in stored)
    assert key == hashlib.sha256(data).hexdigest() == blobs.sha256(key)
    assert blobs.read(key) == data and blobs.open(key).read() == data
    source = blobs.source(key)
    assert isinstance(source, HeldBytes)
    assert (source.size, source.read(), source.open().read()) == (size, data, data)


def test_every_byte_counts(blobs: Blobs) -> None:
    key = blobs.put(b"some content")
    path = Path(blobs.path(key))
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        if place < len(MARK):  # no longer taken for a sealed one: its hash tells
            assert blobs.sha256(key) != key
            continue
        with pytest.raises((ChangedFile, WrongKey)):
            blobs.read(key)
    for cut in (whole[:-1], whole + b"x", whole[:40], MARK):
        path.write_bytes(cut)
        with pytest.raises((ChangedFile, WrongKey)):
            blobs.read(key)


def test_two_files_cannot_be_exchanged(blobs: Blobs) -> None:
    first, second = (blobs.put(data) for data in (b"of one", b"of 2nd"))
    one, other = Path(blobs.path(first)), Path(blobs.path(second))
    one.write_bytes(other.read_bytes())
    with pytest.raises(ChangedFile, match=first):
        blobs.read(first)
    assert blobs.read(second) == b"of 2nd"


def test_without_its_key_nothing_is_read_and_no_start_goes_on(blobs: Blobs, tmp_path: Path) -> None:
    blobs.notes.check_key()
    key = blobs.put(b"content")
    for others in (
        Blobs(str(tmp_path / "blobs")),
        Blobs(str(tmp_path / "blobs"), key=OTHER),
    ):
        with pytest.raises(WrongKey, match="DPROTONET_BLOB_KEY"):
            others.read(key)
        with pytest.raises(WrongKey, match="DPROTONET_BLOB_KEY"):
            others.notes.check_key()
    turning = Blobs(str(tmp_path / "blobs"), key=OTHER, old_key=ONE)
    turning.notes.check_key()
    assert turning.read(key) == b"content"


def test_files_from_before_there_was_a_key_are_read_as_they_are(tmp_path: Path) -> None:
    key = Blobs(str(tmp_path / "blobs")).put(b"before")
    later = Blobs(str(tmp_path / "blobs"), key=ONE)
    later.notes.check_key()
    assert later.read(key) == b"before" and later.source(key) == Path(later.path(key))
    assert later.put(b"before") == key  # not written over


def test_what_is_too_large_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(TooManyBytes):
        blobs.stage(b"x" * 100, limit=99)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
