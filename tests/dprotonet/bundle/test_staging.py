"""A folder is moved in whole, or the old one comes back."""

from dataclasses import replace
from pathlib import Path

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.staging import beside, move_in, replace_manifest
from dprotonet.errors import UnusableBundle


def make(folder, text):
    folder.mkdir()
    (folder / "file").write_text(text)
    return folder


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path):
    old, new = make(tmp_path / "model", "old"), make(tmp_path / "staged", "new")
    move_in(new, old)
    assert (old / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_old_folder_comes_back_where_the_new_one_cannot_follow(tmp_path, monkeypatch):
    old, new = make(tmp_path / "model", "old"), make(tmp_path / "staged", "new")
    rename = Path.rename

    def failing(self, target):
        if self == new:
            raise OSError("no room")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no room"):
        move_in(new, old)
    assert (old / "file").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "staged"]


def test_a_name_beside_is_hidden_and_new(tmp_path):
    names = {beside(tmp_path / "model") for _ in range(3)}
    assert len(names) == 3
    assert all(n.parent == tmp_path and n.name.startswith(".model.") for n in names)


def test_a_manifest_gets_no_unsafe_name_and_leaves_nothing_beside(folder):
    manifest = Bundle.load(folder, with_model=False).manifest
    with pytest.raises(UnusableBundle, match="cannot have the name"):
        replace_manifest(folder, replace(manifest, name="../up"))
    replace_manifest(folder, replace(manifest, name="other"))
    assert Bundle.load(folder, with_model=False).name == "other"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
