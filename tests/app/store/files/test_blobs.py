"""Blobs lie under their own hash, whole or not at all."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from app.store.files.blobs import Blobs, TooManyBytes


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


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
    blobs: Blobs, tmp_path: Path
) -> None:
    data = os.urandom(3 << 20)
    staged = blobs.stage(io.BytesIO(data), limit=len(data))
    assert staged.size == len(data)
    assert blobs.read(blobs.keep(staged)) == data
    with pytest.raises(TooManyBytes):
        blobs.stage(io.BytesIO(data), limit=len(data) - 1)
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


def test_discarding_what_was_kept_harms_nothing(blobs: Blobs) -> None:
    staged = blobs.stage(b"image", suffix=".dcm")
    assert Path(str(blobs.staged_source(staged))).suffix == ".dcm"
    key = blobs.keep(staged)
    blobs.discard(staged)
    assert blobs.read(key) == b"image" and Path(str(blobs.source(key))).read_bytes() == b"image"


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_is_a_key(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="64"):
        blobs.read(key)


def test_old_staged_bytes_are_cleared_and_new_ones_spared(blobs: Blobs) -> None:
    old, new = blobs.stage(b"old"), blobs.stage(b"new")
    os.utime(old.path, (0, 0))
    assert blobs.clear_staging() == 1
    assert blobs.read(blobs.keep(new)) == b"new"


def test_another_file_system_serves_as_well() -> None:
    blobs = Blobs("memory://blobs-test")
    key = blobs.put(b"image")
    assert blobs.source(key) == b"image" and list(blobs.all_keys()) == [key]
    blobs.delete(key)
    assert not list(blobs.all_keys())
