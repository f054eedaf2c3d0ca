"""The files that were used last are held, up to so many bytes."""

import os

import pytest

from app.store.files.blobs import Blobs
from app.store.files.stores.recent_reads import RecentReads


def test_what_was_not_used_for_longest_makes_room() -> None:
    recent = RecentReads(most=10, largest=6)
    for name in ("a", "b", "a"):
        recent.put(name, b"1234")
    assert recent.get("a") == b"1234"
    recent.put("c", b"1234")
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (b"1234", None, b"1234")
    recent.put("large", bytes(7))
    assert recent.get("large") is None and recent.get("c") is not None
    recent.rename("c", "d")
    recent.rename("none", "e")
    assert (recent.get("c"), recent.get("d"), recent.get("e")) == (None, b"1234", None)
    recent.drop("d")
    recent.drop("d")
    recent.put("e", b"123456")
    assert recent.get("a") is not None and recent.get("e") is not None


@pytest.mark.tools
def test_what_is_read_again_is_fetched_once_and_gone_when_it_is_deleted(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(f"{bucket}/blobs")
    fetched = []
    read = blobs._store.read
    monkeypatch.setattr(blobs._store, "read", lambda name: fetched.append(name) or read(name))
    staged = blobs.stage(data := os.urandom(1000))
    assert blobs.staged_source(staged) == data
    key = blobs.keep(staged)
    for _ in range(3):
        assert blobs.read(key) == blobs.source(key) == data
    assert len(fetched) == 1, "what was read while it was staged is held under its key"
    blobs.delete(key)
    with pytest.raises(FileNotFoundError):
        blobs.read(key)
