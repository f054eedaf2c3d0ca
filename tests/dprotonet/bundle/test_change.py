import dataclasses

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.bundle.manifest import read_manifest, write_manifest
from dprotonet.errors import UnusableBundle

PARENT = "a" * 64
EDIT = Change("last_layer", PARENT, "2026-01-02T03:04:05+00:00", ("p00",), ("p01",), "a marker")


def test_a_change_is_read_back_as_it_was_written():
    assert Change.from_json(EDIT.to_json()) == EDIT


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "painted"}, "must be one of"),
        ({"parent": "abc"}, "parent's digest"),
        ({"required": ("p00",)}, "both switched off and required"),
        ({"figures": []}, "JSON object"),
    ],
)
def test_a_change_that_says_nothing_sensible_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(EDIT, **wrong)


def test_a_change_with_an_unknown_field_is_refused():
    with pytest.raises(ValueError, match="no change"):
        Change.from_json(EDIT.to_json() | {"mood": "good"})


def test_a_bundle_says_where_it_came_from_and_one_without_changes_writes_no_such_key(folder):
    manifest = read_manifest(folder)
    assert "changes" not in manifest.to_json()
    write_manifest(folder, dataclasses.replace(manifest, changes=(EDIT,)))
    bundle = Bundle.load(folder, with_model=False)
    assert bundle.off == ("p00",) and bundle.parent == PARENT and bundle.changes == (EDIT,)
    assert bundle.digest != manifest.digest


def test_a_change_of_prototypes_that_the_bundle_lacks_is_refused(folder):
    manifest = read_manifest(folder)
    with pytest.raises(ValueError, match="does not have"):
        dataclasses.replace(manifest, changes=(dataclasses.replace(EDIT, off=("p99",)),))


def test_a_bundle_without_responses_has_none(saved):
    assert not saved.has_responses and saved.responses is None


def test_altered_responses_are_refused(tmp_path):
    from tests.dprotonet.tiny_bundle import make_tiny_bundle

    bundle = make_tiny_bundle(tmp_path / "b", responses=True, pictures=False)
    assert bundle.has_responses and bundle.responses is not None
    file = bundle.path / "responses.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(UnusableBundle, match=r"responses\.safetensors .* was altered"):
        Bundle.load(bundle.path, with_model=False)
