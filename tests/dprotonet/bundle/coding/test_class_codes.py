"""Codes of classes: in the manifest, checked, and what no bundle may say."""

import json

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.coding.class_codes import ClassCode
from dprotonet.bundle.manifest import read_manifest
from tests.dprotonet.bundle.folders import refused, rewrite

FINDING = ClassCode("233604007", "SCT", "Pneumonia")


def test_codes_are_kept_in_the_manifest_and_change_the_digest(folder):
    before = Bundle.load(folder, with_model=False)
    name = before.classes[1]
    after = before.amend(codes={name: FINDING})
    assert dict(after.codes) == {name: FINDING} and after.digest != before.digest
    assert json.loads((folder / "bundle.json").read_text())["format"] == 4
    assert read_manifest(folder).codes == after.codes


def test_a_bundle_without_codes_is_written_as_before(folder):
    assert dict(Bundle.load(folder, with_model=False).codes) == {}
    data = json.loads((folder / "bundle.json").read_text())
    assert "codes" not in data and data["format"] < 4


def test_other_changes_leave_the_codes(folder):
    bundle = Bundle.load(folder, with_model=False)
    coded = bundle.amend(codes={bundle.classes[0]: FINDING})
    assert dict(coded.amend(name="other").codes) == dict(coded.codes)


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ([], "by the names of classes"),
        ({"nothing": FINDING.to_json()}, "none of the classes"),
        ({0: {"value": "1", "scheme": "SCT"}}, "value, scheme and meaning"),
        ({0: {**FINDING.to_json(), "more": "x"}}, "value, scheme and meaning"),
        ({0: {**FINDING.to_json(), "value": "x" * 17}}, "value of a class's code"),
        ({0: {**FINDING.to_json(), "value": ""}}, "value of a class's code"),
        ({0: {**FINDING.to_json(), "value": 7}}, "value of a class's code"),
        ({0: {**FINDING.to_json(), "meaning": "a\\b"}}, "meaning of a class's code"),
        ({0: {**FINDING.to_json(), "meaning": "x" * 65}}, "meaning of a class's code"),
        ({0: {**FINDING.to_json(), "scheme": "S C"}}, "scheme of a class's code"),
        ({0: FINDING.to_json(), 1: FINDING.to_json()}, "the same code"),
    ],
)
def test_codes_that_cannot_be_are_refused_in_a_sentence(folder, codes, says):
    classes = Bundle.load(folder, with_model=False).classes
    if isinstance(codes, dict):
        codes = {classes[k] if isinstance(k, int) else k: code for k, code in codes.items()}
    rewrite(folder, lambda data: data.update(codes=codes, format=4))
    refused(folder, says)
