from pathlib import Path

import pytest

from dprotonet.errors import ReadableError
from training.data.concept_folders import folder_concepts


def laid_out(root: Path, **concepts: tuple[str, ...]) -> Path:
    for concept, files in concepts.items():
        (root / concept).mkdir()
        for name in files:
            (root / concept / name).touch()
    return root


def test_each_folder_says_of_every_image_whether_it_shows_the_concept(tmp_path: Path):
    root = laid_out(tmp_path, halo=("a.png", "c.dcm", "unknown.png", ".DS_Store"), tube=("c",))
    (root / "notes.txt").touch()
    found = folder_concepts(root, ["a.png", "sick/b.png", "sick/c.png"])
    assert found == {
        "a.png": {"halo": True, "tube": False},
        "sick/b.png": {"halo": False, "tube": False},
        "sick/c.png": {"halo": True, "tube": True},
    }


@pytest.mark.parametrize(
    ("concepts", "said"),
    [
        ({}, "has no concept folders"),
        ({"halo": ()}, "No file of the concept folder halo"),
        ({"halo": ("z.png",)}, "No file of the concept folder halo"),
        ({"halo": ("b.png",)}, "the name of 2 images"),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(
    tmp_path: Path, concepts: dict[str, tuple[str, ...]], said: str
):
    root = laid_out(tmp_path, **concepts)
    with pytest.raises(ReadableError, match=said):
        folder_concepts(root, ["a.png", "sick/b.png", "well/b.png"])


def test_a_folder_that_cannot_be_read_says_so(tmp_path: Path):
    with pytest.raises(ReadableError, match="cannot be read"):
        folder_concepts(tmp_path / "gone", ["a.png"])
