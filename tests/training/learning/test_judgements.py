import dataclasses
import json

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.bundle.manifest import read_manifest, write_manifest
from dprotonet.errors import ReadableError
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.dprotonet.tiny_concepts import make_tiny_concept_bundle
from tests.training.learning.exports import export
from training.learning.judgements import SCHEMAS, read_feedback

A, B = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("judged") / "tiny", pictures=False)


def test_artefacts_and_useful_prototypes_are_read_each_once(bundle, tmp_path):
    words = {A: {"p00": "useful", "p01": "artefact"}, B: {"p01": "unsure", "p02": "not useful"}}
    said = read_feedback(export(tmp_path / "f.json", bundle.digest, words), bundle)
    found = [(j.prototype, j.artefact, j.file_sha256) for j in said.judgements]
    assert found == [("p01", True, A), ("p00", False, A)]
    assert (said.undecided, said.of_other_models) == (2, 0)


def test_exports_of_before_reasons_were_asked_are_read_too(bundle, tmp_path):
    for number, schema in enumerate(SCHEMAS):
        file = export(
            tmp_path / f"{number}.json", bundle.digest, {A: {"p00": "useful"}}, schema=schema
        )
        assert len(read_feedback(file, bundle).judgements) == 1


def test_readers_who_contradict_each_other_decide_nothing(bundle, tmp_path):
    import json

    file = export(tmp_path / "f.json", bundle.digest, {A: {"p00": "useful", "p01": "useful"}})
    document = json.loads(file.read_text())
    second = json.loads(json.dumps(document["annotations"][0]))
    second["prototype_judgements"]["p00"]["usefulness"] = "artefact"
    file.write_text(json.dumps(document | {"annotations": [*document["annotations"], second]}))
    said = read_feedback(file, bundle)
    assert [j.prototype for j in said.judgements] == ["p01"] and said.undecided == 1


def test_older_revisions_later_frames_and_other_models_do_not_count(bundle, tmp_path):
    words = {A: {"p00": "artefact"}}
    for facts in ({"is_latest": False}, {"frame": 1}, {"model_sha256": B}):
        file = export(tmp_path / "f.json", bundle.digest, words, **facts)
        with pytest.raises(ReadableError, match="no judgement that tiny can learn from"):
            read_feedback(file, bundle)


def test_prototypes_are_the_same_through_edits_of_the_last_layer_and_not_through_learning(
    bundle, tmp_path
):
    import shutil

    folder = shutil.copytree(bundle.path, tmp_path / "copy")
    manifest, when = read_manifest(folder), "2026-01-01T00:00:00+00:00"
    changes = tuple(
        Change(kind, name * 64, when)
        for kind, name in (("last_layer", "c"), ("learned", "d"), ("responses", "e"))
    )
    write_manifest(folder, dataclasses.replace(manifest, changes=changes))
    child = Bundle.load(folder, with_model=False)
    assert set(child.same_prototypes) == {child.digest, "e" * 64}
    assert set(bundle.same_prototypes) == {bundle.digest}


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "x", "annotations": []}'])
def test_another_file_is_no_export(bundle, tmp_path, text):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(ReadableError, match="is no export of annotations"):
        read_feedback(tmp_path / "f.json", bundle)


def test_of_a_model_with_concepts_corrected_classes_are_read_where_readers_agree(tmp_path):
    bundle = make_tiny_concept_bundle(tmp_path / "b", classes=("alpha", "beta", "gamma"))
    said = export(tmp_path / "f.json", bundle.digest, {"a": {}, "b": {}, "c": {}, "d": {}})
    document = json.loads(said.read_text())
    words = [("reject", "beta"), ("accept", "beta"), ("reject", "no class"), ("reject", "gamma")]
    for record, (verdict, label) in zip(document["annotations"], words, strict=True):
        record |= {"verdict": verdict, "corrected_label": label}
    twice = [document["annotations"][3] | {"corrected_label": "alpha"}]
    said.write_text(json.dumps(document | {"annotations": [*document["annotations"], *twice]}))
    read = read_feedback(said, bundle)
    assert [(one.class_name, one.file_sha256) for one in read.corrections] == [("beta", "a")]
    assert read.judgements == ()
