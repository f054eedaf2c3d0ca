import shutil

import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from training.data.splits import by_split
from training.datasets import folder
from training.datasets.image_folders import SIDES


def laid_out(root, paths):
    """One small picture in each of the folders."""
    for level, path in enumerate(paths):
        (root / path).mkdir(parents=True)
        replicas.image(10 * level, level).resize((8, 8)).save(root / path / f"{level}.png")
    return root


@pytest.mark.parametrize("train", ["train", "Train", "TRAINING"])
@pytest.mark.parametrize("validation", ["val", "Valid", "validation", "DEV"])
def test_folders_of_a_split_are_its_sides(tmp_path, train, validation):
    sides = (train, validation, "Test")
    root = laid_out(tmp_path / "set", [f"{side}/{name}" for side in sides for name in "ab"])
    dataset = folder.load(root)
    assert dataset.classes == ("a", "b")
    parts = by_split(dataset.samples)
    result = {side: sorted(s.sample_id for s in part) for side, part in parts.items()}
    assert result == {
        "train": [f"{train}/a/0.png", f"{train}/b/1.png"],
        "validation": [f"{validation}/a/2.png", f"{validation}/b/3.png"],
        "test": ["Test/a/4.png", "Test/b/5.png"],
    }
    assert {s.sample_id: s.label for s in dataset.samples}["Test/b/5.png"] == 1


def test_a_class_may_lack_in_a_split_that_is_not_for_training(tmp_path):
    root = laid_out(tmp_path / "set", ["train/a", "train/b", "val/a", "test/a", "test/b"])
    assert folder.load(root).classes == ("a", "b")


@pytest.mark.parametrize("name", SIDES)
def test_a_folder_named_as_a_split_beside_classes_is_refused(tmp_path, name):
    root = laid_out(tmp_path / "set", ["a", "b", name])
    with pytest.raises(ReadableError, match=rf"folder '{name}', as a split has, beside 'a'\. Put"):
        folder.load(root)


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        (["train/a", "train/b", "test/a", "other"], "'test', as a split has, beside 'other'"),
        (["train/a", "train/b", "val/a", "dev/a", "test/a"], "both the validation split"),
        (["val/a", "val/b", "test/a"], "no folder 'train'"),
        (["train", "test"], "has no class folders"),
        (["train/a", "train/b", "val/a", "test/c"], "The class 'c' .* no folder in"),
        (["train/a", "test/a"], "at least two"),
    ],
)
def test_a_split_that_cannot_be_used_is_refused_in_words(tmp_path, places, sentence):
    with pytest.raises(ReadableError, match=sentence):
        folder.load(laid_out(tmp_path / "set", places))


def test_a_folder_without_images_inside_a_split_is_named(tmp_path):
    root = laid_out(tmp_path / "set", ["train/a", "train/b", "test/a", "test/b"])
    (root / "test/b/3.png").unlink()
    with pytest.raises(ReadableError, match=r"test/b holds no image"):
        folder.load(root)


def test_files_that_are_no_images_are_skipped_and_dicom_of_any_name_is_found(tmp_path):
    from tests.training.datasets.odd_files import dicom, dicomdir

    root = laid_out(tmp_path / "set", ["a", "b"])
    (root / "a/Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (root / "a/readme").write_text("What these images are.\n")
    (root / "b/notes.txt").write_text("x\n")
    (root / "b/.DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1")
    dicomdir(root / "a/DICOMDIR")
    dicom(root / "a/IM0001.001")
    dicom(root / "b/1.2.826.0.1")
    dataset = folder.load(root)
    assert sorted(dataset.skipped) == ["a/DICOMDIR", "a/Thumbs.db", "a/readme", "b/notes.txt"]
    ids = [s.sample_id for s in dataset.samples]
    assert ids == ["a/0.png", "a/IM0001.001", "b/1.2.826.0.1", "b/1.png"]


def test_what_is_skipped_needs_no_row_in_the_table_of_patients(tmp_path):
    root = laid_out(tmp_path / "set", ["a", "b"])
    (root / "a/notes").write_text("x\n")
    (root / "patients.csv").write_text("path,patient\na/0.png,p\nb/1.png,q\n")
    assert len(folder.load(root).samples) == 2


def test_a_picture_that_holds_something_else_is_not_skipped(tmp_path):
    root = laid_out(tmp_path / "set", ["a", "b"])
    (root / "a/page.png").write_text("<html>not found</html>")
    shutil.copy(root / "a/0.png", root / "b/copy.PNG")
    dataset = folder.load(root)
    assert dataset.skipped == ()
    sample = next(s for s in dataset.samples if s.sample_id == "a/page.png")
    with pytest.raises(ReadableError, match=r"a/page\.png cannot be read\. "):
        sample.load()
