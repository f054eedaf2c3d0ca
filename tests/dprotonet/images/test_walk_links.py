"""What lies in a folder and is neither file nor folder. Collected where links and pipes exist."""

import os
from pathlib import Path

import pytest

from dprotonet.images.walk import LeftOut, walk


def test_links_and_pipes_are_left_out(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "image").touch()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "image-link").symlink_to(tmp_path / "folder" / "image")
    os.mkfifo(tmp_path / "pipe")
    result = [file.relative.as_posix() for file in walk([tmp_path])]
    assert result == ["folder/image"]


def test_what_is_left_out_is_told_with_its_reason(tmp_path: Path):
    (tmp_path / "image").touch()
    (tmp_path / ".hidden-link").symlink_to(tmp_path / "image")
    os.mkfifo(tmp_path / "pipe")
    for name in "abcd":
        (tmp_path / name).symlink_to(tmp_path / "image")
    skipped = []
    list(walk([tmp_path], left_out=lambda path, reason: skipped.append((path.name, reason))))
    assert skipped == [(name, "link") for name in "abcd"] + [("pipe", "special file")]
    left_out = LeftOut()
    list(walk([tmp_path], left_out=left_out))
    assert left_out.sentences() == [
        "4 links were left out (a, b, c, …). Links inside a folder are not followed: give what they"
        " lead to.",
        "One entry that is no regular file was left out (pipe). Only regular files are read.",
    ]


def test_a_folder_that_may_not_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "barred").mkdir()
    (tmp_path / "image").touch()
    listing = Path.iterdir

    def iterdir(path: Path):
        if path.name == "barred":
            raise PermissionError
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    left_out = LeftOut()
    assert len(list(walk([tmp_path], left_out=left_out))) == 1
    assert "One folder could not be opened (barred)." in left_out.sentences()[0]


def test_a_link_that_is_given_itself_is_not_left_out(tmp_path: Path):
    (tmp_path / "image").touch()
    (tmp_path / "link").symlink_to(tmp_path / "image")
    left_out = LeftOut()
    assert len(list(walk([tmp_path / "link"], left_out=left_out))) == 1
    assert left_out.sentences() == []
