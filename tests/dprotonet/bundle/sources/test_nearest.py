import dataclasses
import json

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.digests import file_digest
from dprotonet.bundle.manifest import NEAREST, read_manifest, write_manifest
from dprotonet.bundle.sources.nearest import NearestPatch
from dprotonet.errors import UnusableBundle
from tests.dprotonet.tiny_bundle import make_tiny_bundle


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return make_tiny_bundle(
        tmp_path_factory.mktemp("patches") / "tiny", masks="patch", prototypes_per_class=(2, 3)
    )


def test_a_bundle_that_compares_patches_keeps_the_nearest_of_each_prototype(saved):
    loaded = Bundle.load(saved.path)
    assert [patch.prototype for patch in loaded.nearest] == [
        name for name in loaded.prototype_ids for _ in range(3)
    ]
    for patch in loaded.nearest:
        assert patch.picture is not None and patch.picture.read_bytes()[:4] == b"\x89PNG"
        top, left, bottom, right = patch.box
        assert 0 <= top < bottom <= 64 and 0 <= left < right <= 64
    similar = [patch.similarity for patch in loaded.nearest[:3]]
    assert similar == sorted(similar, reverse=True)
    assert loaded.manifest.to_json()["format"] == 5


def test_an_image_that_is_near_to_several_prototypes_is_kept_once(saved):
    pictures = {(patch.sample_id, patch.picture) for patch in saved.nearest}
    assert len(pictures) == len({patch.sample_id for patch in saved.nearest})


def test_other_bundles_keep_none_and_their_format(tmp_path):
    other = make_tiny_bundle(tmp_path / "other")
    assert other.nearest == () and other.manifest.to_json()["format"] == 1


def test_a_patch_survives_json(saved):
    patch = saved.nearest[0]
    values = json.loads(json.dumps(patch.to_json()))
    assert values["box"] == list(patch.box) and values["picture"] == patch.picture.name
    assert isinstance(patch, NearestPatch)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prototype": "p99"}, "unknown prototype"),
        ({"box": [0, 0, 70, 10]}, "does not lie in the image"),
        ({"classes": ["tumour"]}, "does not have"),
        ({"picture": "../bundle.json"}, "does not list"),
    ],
)
def test_records_that_cannot_be_are_refused(tmp_path, change, why):
    bundle = make_tiny_bundle(tmp_path / "tiny", masks="patch")
    file = bundle.path / NEAREST
    data = json.loads(file.read_text())
    data["patches"][0] |= change
    file.write_text(json.dumps(data))
    manifest = read_manifest(bundle.path)
    files = {**manifest.files, NEAREST: file_digest(file)}
    write_manifest(bundle.path, dataclasses.replace(manifest, files=files))
    with pytest.raises(UnusableBundle, match=why):
        Bundle.load(bundle.path)
