import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.gallery import GalleryPicture
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.bundle.folders import save_model
from tests.dprotonet.tiny_bundle import (
    SIZE,
    make_tiny_bundle,
    tiny_model,
)


def test_the_same_training_gives_the_same_digest(saved, tmp_path):
    assert make_tiny_bundle(tmp_path / "again").digest == saved.digest
    assert make_tiny_bundle(tmp_path / "other", seed=1).digest != saved.digest


def test_saving_over_a_model_replaces_it_whole(tmp_path):
    make_tiny_bundle(tmp_path / "tiny")
    bundle = make_tiny_bundle(tmp_path / "tiny", pictures=False, seed=1)
    assert Bundle.load(tmp_path / "tiny").digest == bundle.digest
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]


def test_a_failed_save_leaves_the_old_model_and_nothing_else(tmp_path, monkeypatch):
    old = make_tiny_bundle(tmp_path / "tiny")
    monkeypatch.setattr("dprotonet.bundle.writer.write_manifest", fail)
    with pytest.raises(OSError, match="full"):
        make_tiny_bundle(tmp_path / "tiny", seed=1)
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]
    assert Bundle.load(tmp_path / "tiny").digest == old.digest


def fail(*_):
    raise OSError("the disk is full")


def test_saving_never_replaces_a_folder_that_holds_something_else(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years")
    with pytest.raises(UnusableBundle, match="holds no model"):
        make_tiny_bundle(tmp_path / "work")
    assert (tmp_path / "work" / "thesis.txt").read_text() == "years"


def test_a_picture_of_a_sample_that_is_no_source_is_refused(tmp_path):
    model = tiny_model(ModelOptions(("a", "b"), depth=8, image_size=SIZE, prototypes_per_class=2))
    picture = GalleryPicture("p00", "stranger", picture=b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ValueError, match="'stranger' is no source"):
        save_model(model, tmp_path / "x", gallery=(picture,))
