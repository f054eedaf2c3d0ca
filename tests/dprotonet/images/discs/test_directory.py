"""What a DICOMDIR lists: in its order, and nothing outside its folder."""

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.errors import UnreadableImage
from dprotonet.images.discs import directory
from dprotonet.images.discs.directory import Directory, read_directory
from dprotonet.images.isolated.reader import IsolatedReader
from tests.dprotonet.images.discs.making import disc, image, write_directory


def test_files_come_as_they_are_listed_each_once(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    write_directory(path, [("A", "2"), ("1",), ("A", "2")], studies=3)
    assert read_directory(path) == Directory((("A", "2"), ("1",)), studies=3)
    assert read_directory(path.read_bytes()).files == (("A", "2"), ("1",))


@pytest.mark.parametrize(
    "escaping",
    [("..", "x"), ("A", "..", "..", "x"), ("/etc", "x"), ("A/../../x",), ("C:", "x"), (".", "x")],
)
def test_a_path_that_leads_out_of_the_folder_is_left_out(
    tmp_path: Path, escaping: tuple[str, ...]
) -> None:
    path = tmp_path / "DICOMDIR"
    write_directory(path, [escaping, ("IN", "1")])
    assert read_directory(path) == Directory((("IN", "1"),), outside=1, studies=2)


def test_the_offsets_say_the_order(tmp_path: Path) -> None:
    if shutil.which("dcmmkdir") is None:
        pytest.skip("dcmtk is not installed")
    folder = tmp_path / "IMAGES"
    folder.mkdir()
    for number, study in enumerate(("1.2.9", "1.2.3", "1.2.9", "1.2.3"), start=1):
        made = image(number, study=study, series="1")
        made.save_as(folder / f"IM{number}", enforce_file_format=True)
    made = ["dcmmkdir", "--general-purpose", "+r", "+id", tmp_path, "+D", tmp_path / "DICOMDIR"]
    subprocess.run([*made, "IMAGES"], check=True, timeout=60, capture_output=True)
    found = read_directory(tmp_path / "DICOMDIR")
    order = [int(name.removeprefix("IM")) % 2 for _, name in found.files]
    assert found.studies == 2 and len(found.files) == 4
    assert order[0] == order[1] != order[2] == order[3]


def test_offsets_in_a_circle_end(tmp_path: Path) -> None:
    from pydicom import dcmread

    path = disc(tmp_path / "disc") / "DICOMDIR"
    made = dcmread(path)
    at = made.DirectoryRecordSequence[0].seq_item_tell
    for record in made.DirectoryRecordSequence:
        record.OffsetOfTheNextDirectoryRecord = at
        record.OffsetOfReferencedLowerLevelDirectoryEntity = at
    made.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = at
    made.save_as(path)
    assert sorted(read_directory(path).files) == [("IMAGES", f"IM{n}") for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("damage", ["cut", "text", "image", "empty"])
def test_what_is_none_is_said(tmp_path: Path, damage: str) -> None:
    path = disc(tmp_path / "disc") / "DICOMDIR"
    whole = path.read_bytes()
    other = (tmp_path / "disc" / "IMAGES" / "IM1").read_bytes()
    path.write_bytes({"cut": whole[:200], "text": b"x" * 500, "image": other, "empty": b""}[damage])
    with pytest.raises(UnreadableImage, match="DICOMDIR is damaged"):
        read_directory(path)


def test_a_directory_of_too_many_bytes_or_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = disc(tmp_path / "disc") / "DICOMDIR"
    with monkeypatch.context() as patched:
        patched.setattr(directory, "MOST_FILES", 3)
        with pytest.raises(UnreadableImage, match="more than 3 files"):
            read_directory(path)
    monkeypatch.setattr(directory, "MOST_BYTES", 100)
    with pytest.raises(UnreadableImage, match="the most that is read"):
        read_directory(path)


def test_a_child_says_the_same_and_nothing_of_a_person(tmp_path: Path) -> None:
    path = disc(tmp_path / "disc") / "DICOMDIR"
    with IsolatedReader() as reader:
        found = reader.directory(path)
        assert found == read_directory(path) and "Zuckmayer" not in str(found)
        path.write_bytes(b"x")
        with pytest.raises(UnreadableImage, match="DICOMDIR is damaged"):
            reader.directory(path)


@given(st.lists(st.sampled_from(["..", ".", "/", "a", "B1", "\\", ""]), min_size=1, max_size=4))
def test_a_child_that_was_taken_over_leads_nowhere_else(parts: list[str]) -> None:
    told = dataclasses.asdict(Directory((tuple(parts),)))
    if all(part in ("a", "B1") for part in parts):
        assert Directory.from_json(told).files == (tuple(parts),)
    else:
        with pytest.raises(ValueError, match="leads elsewhere"):
            Directory.from_json(told)
