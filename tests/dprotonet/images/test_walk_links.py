"""What lies in a folder and is neither file nor folder. Collected where links and pipes exist."""

import os
from pathlib import Path

from dprotonet import images


def test_links_and_pipes_are_left_out(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "film").touch()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "film-link").symlink_to(tmp_path / "folder" / "film")
    os.mkfifo(tmp_path / "pipe")
    found = [file.relative.as_posix() for file in images.walk([tmp_path])]
    assert found == ["folder/film"]
