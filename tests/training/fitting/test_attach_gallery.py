import pytest
from PIL import Image

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from tests.training import replicas
from training.fitting.attach_gallery import SIDE, application_data, attach


def test_the_gallery_shows_heatmaps_in_the_bundle_and_attaches_pictures_beside_it(
    trained, class_folder, tmp_path
):
    bundle = Bundle.load(trained)
    assert all(entry.heatmap for entry in bundle.gallery[:1])
    before = sorted(p.name for p in trained.rglob("*"))
    assert attach(bundle, class_folder, tmp_path) == len(bundle.gallery)
    entry = bundle.gallery[0]
    folder = tmp_path / "galleries" / bundle.digest
    assert (folder / f"{entry.prototype}-{entry.image_sha256[:16]}.png").is_file()
    assert sorted(p.name for p in trained.rglob("*")) == before


def test_pictures_are_framed_as_the_network_sees_them(trained, class_folder, tmp_path):
    attach(Bundle.load(trained), class_folder, tmp_path)
    for path in tmp_path.rglob("*.png"):
        with Image.open(path) as picture:
            assert picture.size == (SIDE, SIDE)


def test_other_files_than_in_training_are_refused(trained, tmp_path):
    bundle = Bundle.load(trained)
    root = replicas.classes(tmp_path / "set")
    for path in root.rglob("*.png"):
        replicas.image(10, 1, colour=True).save(path)
    with pytest.raises(ReadableError, match="Give the same files as in training"):
        attach(bundle, root, tmp_path / "data")
    for entry in bundle.gallery:
        (root / entry.sample_id).unlink(missing_ok=True)
    with pytest.raises(ReadableError, match="has no image"):
        attach(bundle, root, tmp_path / "data")


def test_the_data_folder_of_the_application_may_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path))
    assert application_data() == tmp_path
    monkeypatch.delenv("DPROTONET_DATA")
    assert application_data().name == "dprotonet-review"
