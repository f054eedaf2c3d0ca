"""Blobs lie under their own hash, whole or not at all."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from app.store.files.blobs import Blobs, TooManyBytes
from app.store.files.sealing import MARK, SealKey
from app.store.files.secret_keys import WrongKey
from app.store.files.staging import LEFT_SECONDS
from dprotonet.images.isolated.held_bytes import HeldBytes


@pytest.fixture
def blobs(root: str) -> Blobs:
    return Blobs(root)


def names(blobs: Blobs) -> list[str]:
    """What lies there, staged files too."""
    return [file.name for file in blobs._store.listed(blobs._root)]


def test_bytes_come_back_under_their_hash(blobs: Blobs) -> None:
    key = blobs.put(b"image")
    assert key == hashlib.sha256(b"image").hexdigest() and blobs.read(key) == b"image"
    assert blobs.put(b"image") == key and list(blobs.all_keys()) == [key]
    with blobs.open(key) as file:
        assert file.read(2) == b"im"
    blobs.delete(key)
    blobs.delete(key)
    assert not blobs.exists(key)
    with pytest.raises(FileNotFoundError):
        blobs.read(key)


def test_a_large_file_is_staged_by_chunks_and_refused_over_the_limit(
    blobs: Blobs,
) -> None:
    data = os.urandom(9 << 20)
    staged = blobs.stage(io.BytesIO(data), limit=len(data))
    assert staged.size == len(data)
    assert blobs.read(blobs.keep(staged)) == data
    with pytest.raises(TooManyBytes):
        blobs.stage(io.BytesIO(data), limit=len(data) - 1)
    assert len(names(blobs)) == 1


def test_discarding_what_was_kept_harms_nothing(blobs: Blobs) -> None:
    staged = blobs.stage(b"image", suffix=".dcm")
    assert staged.path.endswith(".dcm") and whole(blobs.staged_source(staged)) == b"image"
    key = blobs.keep(staged)
    blobs.discard(staged)
    assert blobs.read(key) == whole(blobs.source(key)) == b"image"


def whole(source: Path | bytes | HeldBytes) -> bytes:
    """What an image reader finds."""
    if isinstance(source, HeldBytes):
        return source.read()
    return source.read_bytes() if isinstance(source, Path) else source


@pytest.mark.parametrize("root", ["folder"], indirect=True)
def test_a_reader_of_a_folder_is_given_the_path(blobs: Blobs) -> None:
    staged = blobs.stage(b"image", suffix=".dcm")
    assert isinstance(blobs.staged_source(staged), Path)
    assert isinstance(blobs.source(blobs.keep(staged)), Path)


def test_a_source_that_fails_leaves_nothing(blobs: Blobs) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 6 << 20:
                raise OSError("the sender is gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        blobs.stage(Breaking(bytes(9 << 20)))
    assert names(blobs) == []


def test_the_same_bytes_staged_twice_are_kept_once(blobs: Blobs) -> None:
    first, second = blobs.stage(b"image"), blobs.stage(b"image")
    assert blobs.keep(first) == blobs.keep(second)
    assert len(names(blobs)) == 1


def test_what_was_put_aside_comes_back(blobs: Blobs) -> None:
    key = blobs.put(b"image")
    assert blobs.set_aside(key, day="2026-03-01") and not blobs.exists(key)
    (orphan,) = blobs.orphans.all()
    assert (orphan.key, orphan.day, orphan.size) == (key, "2026-03-01", 5)
    blobs.bring_back(orphan)
    assert blobs.read(key) == b"image" and blobs.orphans.all() == []
    assert not blobs.set_aside("0" * 64, day="2026-03-01")


def test_a_sealed_blob_is_sealed_where_it_lies(root: str) -> None:
    key, data = SealKey(b"k" * 32), os.urandom(9 << 20)
    blobs = Blobs(root, key=key)
    name = blobs.put(data)
    assert blobs._store.start(blobs.path(name), len(MARK)) == MARK
    assert blobs.read(name) == data and blobs.sha256(name) == name
    with blobs.open(name) as file:
        assert file.read(5) == data[:5]
    later = Blobs(root, old_key=key)
    assert not later.is_turned_over(later.path(name))
    assert later.replace(later.path(name), later.turned_over(later.path(name), name))
    assert Blobs(root).sha256(name) == name and len(names(blobs)) == 1


def test_a_blob_that_was_changed_where_it_lies_is_found_though_it_was_read_before(
    blobs: Blobs,
) -> None:
    key = blobs.put(b"image")
    assert blobs.read(key) == b"image"
    with blobs._store.writing(blobs.path(key)) as file:
        file.write(b"imago")
    assert blobs.sha256(key) != key


def test_notes_of_the_folder_come_back(root: str) -> None:
    assert Blobs(root).notes.identity() == ""
    Blobs(root).notes.set_identity("abc")
    Blobs(root, key=SealKey(b"k" * 32)).notes.check_key()
    assert Blobs(root).notes.identity() == "abc"
    with pytest.raises(WrongKey):
        Blobs(root).notes.check_key()


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_is_a_key(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="64"):
        blobs.read(key)


def test_what_was_staged_a_moment_ago_is_spared(blobs: Blobs) -> None:
    staged = blobs.stage(b"new")
    assert blobs.clear_staging() == 0
    assert blobs.read(blobs.keep(staged)) == b"new" and blobs.clear_staging() == 0


def test_what_was_staged_hours_ago_by_the_stores_clock_is_cleared(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = blobs.stage(b"old")
    now = blobs._store.now(blobs._staging.folder)
    monkeypatch.setattr(blobs._store, "now", lambda folder: now + LEFT_SECONDS - 60)
    assert blobs.clear_staging() == 0
    monkeypatch.setattr(blobs._store, "now", lambda folder: now + LEFT_SECONDS + 60)
    assert blobs.clear_staging() == 1 and names(blobs) == []
    with pytest.raises(FileNotFoundError):
        blobs.keep(old)
    blobs.stage(b"left")
    monkeypatch.undo()
    assert blobs.clear_staging(older_than=0) == 1
