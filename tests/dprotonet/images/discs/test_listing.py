"""A folder with a DICOMDIR: what that lists is read in its order, the rest is left out."""

from pathlib import Path

import pytest

from dprotonet.images.discs.directory import Directory, read_directory
from dprotonet.images.discs.listing import NOT_LISTED, arranged, looked_through
from dprotonet.images.walk import walk
from tests.dprotonet.images.discs.making import disc, write_directory


def looked(folder: Path) -> list[tuple[str, str]]:
    files = looked_through(walk([folder]), read_directory)
    return [(each.file.relative.as_posix(), each.message) for each in files]


def read(folder: Path) -> list[str]:
    return [name for name, message in looked(folder) if not message]


def test_a_disc_is_read_study_by_study_without_its_viewer(tmp_path: Path) -> None:
    found = looked(disc(tmp_path / "disc"))
    assert found == [
        ("DICOMDIR", "The table of contents of a disc: 4 files of 2 studies."),
        *((f"IMAGES/IM{number}", "") for number in (1, 3, 2, 4)),
        ("AUTORUN.INF", NOT_LISTED),
        ("VIEWER/logo.png", NOT_LISTED),
    ]


def test_discs_beside_each_other_are_read_each_by_its_own(tmp_path: Path) -> None:
    disc(tmp_path / "one")
    disc(tmp_path / "two")
    (tmp_path / "note.png").write_bytes(b"x")
    names = [f"{folder}/IMAGES/IM{n}" for folder in ("one", "two") for n in (1, 3, 2, 4)]
    assert read(tmp_path) == sorted([*names, "note.png"], key=lambda name: name.split("/")[0])


def test_a_system_that_shows_a_disc_in_small_letters_with_versions_is_understood(
    tmp_path: Path,
) -> None:
    folder = disc(tmp_path / "disc")
    (folder / "DICOMDIR").rename(folder / "dicomdir")
    (folder / "IMAGES").rename(folder / "images")
    (folder / "images" / "IM1").rename(folder / "images" / "im1.")
    (folder / "images" / "IM2").rename(folder / "images" / "im2;1")
    assert read(folder) == ["images/im1.", "images/IM3", "images/im2;1", "images/IM4"]


def test_what_is_missing_or_leads_outside_is_counted(tmp_path: Path) -> None:
    folder = disc(tmp_path / "disc")
    (tmp_path / "secret").write_bytes(b"x")
    (folder / "IMAGES" / "IM4").unlink()
    (folder / "IMAGES" / "IM5").symlink_to(tmp_path / "secret")
    listed = [("IMAGES", "IM1"), ("IMAGES", "IM4"), ("IMAGES", "IM5"), ("..", "secret")]
    write_directory(folder / "DICOMDIR", listed)
    (_, message), *others = looked(folder)
    assert "2 of them are not here. Copy the disc again." in message
    assert "1 path out of the folder was left out." in message
    assert [name for name, why in others if not why] == ["IMAGES/IM1"]
    assert not any("secret" in name for name, _ in others)


def test_one_of_which_nothing_is_there_says_nothing_of_the_files_beside_it(
    tmp_path: Path,
) -> None:
    folder = disc(tmp_path / "disc")
    (folder / "IMAGES").rename(folder / "PICKED")
    inner = disc(folder / "inner")
    assert "None of them is here" in looked(folder)[0][1]
    assert read(folder)[:5] == [
        "AUTORUN.INF",
        "PICKED/IM1",
        "PICKED/IM2",
        "PICKED/IM3",
        "PICKED/IM4",
    ]
    assert f"{inner.name}/VIEWER/logo.png" not in read(folder)
    assert "VIEWER/logo.png" in read(folder)


def test_a_damaged_one_costs_itself_only(tmp_path: Path) -> None:
    folder = disc(tmp_path / "disc")
    (folder / "DICOMDIR").write_bytes(b"x" * 300)
    (name, message), *others = looked(folder)
    assert name == "DICOMDIR" and message.endswith("All files beside it are read.")
    assert len(others) == 6 and not any(why for _, why in others)


def test_a_folder_without_one_is_as_it_was(tmp_path: Path) -> None:
    folder = disc(tmp_path / "disc")
    (folder / "DICOMDIR").unlink()
    walked = [file.relative.as_posix() for file in walk([folder])]
    assert looked(folder) == [(name, "") for name in walked]


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_no_file_is_lost_or_there_twice(missing: int) -> None:
    directory = Directory((("A",), ("B", "C"), ("D",))[missing:], studies=1)
    paths = [("x",), ("d",), ("b", "c"), ("A",), ("B", "C")]
    found = arranged(directory, paths)
    assert sorted((*found.listed, *found.unlisted)) == [0, 1, 2, 3, 4]
    assert [paths[place] for place in found.listed] == [("A",), ("b", "c"), ("d",)][missing:]
