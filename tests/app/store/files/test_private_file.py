"""A private file: its owner's alone, and never written over."""

import os
from pathlib import Path

import pytest

from app.store.files.private_file import write_private


def test_it_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(tmp_path / "key", b"a\nb")
    finally:
        os.umask(before)
    assert (tmp_path / "key").read_bytes() == b"a\nb"
    if os.name == "posix":
        assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_one_that_is_there_stays(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"
