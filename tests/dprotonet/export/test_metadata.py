import json

from dprotonet.export.metadata import facts, texts
from tests.dprotonet.gated_bundle import make_gated_bundle


def test_what_a_file_says_of_itself(tmp_path):
    bundle = make_gated_bundle(tmp_path / "b")
    about = facts(bundle)
    assert about["classes"] == list(bundle.classes) and about["bundle_digest"] == bundle.digest
    assert about["intended_use"] == "Research use, not for diagnosis."
    assert about["threshold"] == bundle.threshold and about["temperature"] == bundle.temperature
    assert about["support"]["threshold"] == bundle.support_limits.threshold
    assert about["preprocessing"]["size"] == bundle.image_size
    assert [p["id"] for p in about["prototypes"]] == list(bundle.prototype_ids)


def test_as_texts_all_that_is_no_text_is_json(tmp_path):
    bundle = make_gated_bundle(tmp_path / "b")
    said = texts(bundle)
    assert said["name"] == bundle.name
    assert json.loads(said["classes"]) == list(bundle.classes)
    assert json.loads(said["preprocessing"])["size"] == bundle.image_size
