"""Patients' images: no name of a file or folder goes on, and the same image keeps its new name."""

import re
import stat

import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from training.data.splits import by_split
from training.datasets.patients.unnamed import SALT, salt_of
from training.datasets.registry import open_dataset
from training.recipe import Recipe


@pytest.fixture
def root(tmp_path):
    return replicas.classes(tmp_path / "set")


def opened(root, *, unnamed=True):
    return open_dataset(Recipe(name="x", dataset="folder", unnamed=unnamed), root)


def test_the_same_salt_gives_the_same_names_and_another_one_others(root):
    once, again = opened(root), opened(root)
    ids = [s.sample_id for s in once.samples]
    assert ids == [s.sample_id for s in again.samples]
    assert all(re.fullmatch("image-[0-9a-f]{32}", name) for name in ids)
    (root / SALT).unlink()
    assert not {s.sample_id for s in opened(root).samples} & set(ids)


def test_patients_and_sides_of_the_split_are_as_with_names(root):
    sides = [
        {side: sorted(s.path for s in samples) for side, samples in by_split(d.samples).items()}
        for d in (opened(root, unnamed=False), opened(root))
    ]
    assert sides[0] == sides[1]


def test_a_public_set_keeps_its_names_and_gets_no_salt(root):
    assert opened(root, unnamed=False).samples[0].sample_id.endswith(".png")
    assert not (root / SALT).exists()


def test_the_salt_is_for_its_owner_and_a_wrong_file_is_named(root):
    assert len(salt_of(root)) == 32
    assert stat.S_IMODE((root / SALT).stat().st_mode) == 0o600
    (root / SALT).write_text("no salt, but long enough to be taken for one if nobody looked " * 2)
    with pytest.raises(ReadableError, match="is no salt"):
        salt_of(root)


def test_a_folder_that_cannot_be_written_says_what_to_do(root):
    with pytest.raises(ReadableError, match="Let this folder be written to once"):
        salt_of(root / "is not there")
