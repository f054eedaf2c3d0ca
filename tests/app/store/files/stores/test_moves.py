"""A file is moved whole or not at all, to another disk too."""

import errno
import os
from pathlib import Path

import pytest

from app.store.files.stores.moves import move


def test_the_new_folder_is_made_and_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "x" / "y" / "b"
    for content in (b"first", b"second"):
        source.write_bytes(content)
        move(source, target)
        assert target.read_bytes() == content and not source.exists()


@pytest.mark.parametrize("is_full", [False, True])
def test_to_another_disk_it_is_copied_under_another_name_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_full: bool
) -> None:
    source, target = tmp_path / "a", tmp_path / "disk" / "b"
    source.write_bytes(b"bytes")
    replace = os.replace

    def other_disk(old: Path, new: Path) -> None:
        if old == source:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        if is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(old, new)

    monkeypatch.setattr(os, "replace", other_disk)
    if is_full:
        with pytest.raises(OSError):
            move(source, target)
        assert source.read_bytes() == b"bytes" and not list((tmp_path / "disk").iterdir())
    else:
        move(source, target)
        assert [path.name for path in (tmp_path / "disk").iterdir()] == ["b"]
        assert target.read_bytes() == b"bytes" and not source.exists()
