import dataclasses
import json
import os
import signal

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.coding.class_codes import ClassCode
from dprotonet.editing.apply import apply_edit
from dprotonet.editing.propose import propose_edit
from tests.training.learning.exports import export
from training.cli.parser import main
from training.fitting.attach_gallery import attach
from training.learning import new_bundle


def _line(bundle, feedback, class_folder, out, *more):
    return [
        *("learn", str(bundle), "--feedback", str(feedback), "--data", str(class_folder)),
        *("--out", str(out), "--device", "cpu", "--epochs", "2", "--sources", "0", *more),
    ]


def test_a_bundle_learns_and_is_compared_with_its_parent(
    bundle, trained, class_folder, hashes, tmp_path, capsys
):
    off = propose_edit(bundle, off=["p02"], tolerance=99.0)
    parent = apply_edit(bundle, off, tmp_path / "parent")
    # What was said of the parent's parent is of the same prototypes.
    words = {hash_: {"p00": "artefact"} for hash_ in hashes[:2]} | {hashes[5]: {"p01": "useful"}}
    feedback = export(tmp_path / "f.json", bundle.digest, words)
    assert main(_line(parent.path, feedback, class_folder, tmp_path / "out", "--unnamed")) == 0
    printed = json.loads(capsys.readouterr().out)
    child = Bundle.load(tmp_path / "out" / "bundle")
    assert printed == json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert printed["parent"] == parent.digest and printed["digest"] == child.digest
    assert (printed["artefacts"], printed["useful"], printed["missing"]) == (2, 1, 0)
    assert [c.kind for c in child.changes] == ["last_layer", "learned"]
    assert child.parent == parent.digest and child.off == ("p02",)
    assert (child.model.head.weight[:, 2] == 0).all()
    assert child.manifest.parts["backbone"] == parent.manifest.parts["backbone"]
    assert child.manifest.parts["masks"] != parent.manifest.parts["masks"]
    assert "learned from 3 judgements" in child.card.limits[-1]
    assert child.card.title == parent.card.title and "auroc" in child.card.metrics
    validation = printed["validation"]
    assert validation["before"]["log_loss"] == pytest.approx(off.after.log_loss, abs=0.02)
    assert 0 <= validation["calls_changed_fraction"] <= 1
    forgotten = {(row["prototype"], row["image"]) for row in printed["forgotten"]}
    assert forgotten == {("p00", hashes[0][:16]), ("p00", hashes[1][:16])}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["bundle", "comparison.json"]
    # Whose images they are does not travel, and their pictures are found all the same.
    assert not [e.sample_id for e in child.gallery if not e.sample_id.startswith("image-")]
    assert b".png" not in b"".join(path.read_bytes() for path in child.path.glob("*.json"))
    assert attach(child, class_folder, tmp_path / "data") == len(child.gallery) > 0
    # The child's last layer can be edited in turn: switching on again is possible.
    assert propose_edit(child, off=(), tolerance=99.0).off == ()
    assert main(_line(parent.path, feedback, class_folder, tmp_path / "out")) == 2
    assert "already exists" in capsys.readouterr().err


def test_a_run_that_is_stopped_leaves_nothing(bundle, class_folder, hashes, tmp_path, monkeypatch):
    feedback = export(tmp_path / "f.json", bundle.digest, {hashes[0]: {"p00": "artefact"}})
    start = new_bundle.write_bundle

    def stopped(*arguments, **named):
        start(*arguments, **named)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(new_bundle, "write_bundle", stopped)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        main(_line(bundle.path, feedback, class_folder, tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_network_with_concepts_learns_in_its_last_layer_and_its_axes_stay(
    axes, class_folder, hashes, tmp_path, capsys
):
    start = Bundle.load(axes)
    shown, off = start.concepts
    parent = apply_edit(start, propose_edit(start, off=[off], tolerance=99.0), tmp_path / "parent")
    card = dataclasses.replace(parent.card, metrics=start.card.metrics)
    parent = parent.amend(card=card, codes={"alpha": ClassCode("17621005", "SCT", "Normal")})
    words = {hash_: {shown: "artefact"} for hash_ in hashes[:3]} | {hashes[5]: {off: "useful"}}
    more = {"verdict": "reject", "corrected_label": "gamma"}
    feedback = export(tmp_path / "f.json", parent.digest, words, **more)
    assert main(_line(parent.path, feedback, class_folder, tmp_path / "out")) == 0
    printed = json.loads(capsys.readouterr().out)
    child = Bundle.load(tmp_path / "out" / "bundle")
    assert (printed["artefacts"], printed["useful"], printed["corrected"]) == (3, 1, 4)
    for part in ("backbone", "masks", "prototypes"):
        assert child.manifest.parts[part] == parent.manifest.parts[part]
    assert child.off == (off,) and child.codes == parent.codes and child.codes
    weights = child.reasons_network.head.weight
    assert (weights[:, 1] == 0).all(), "what was switched off stays off"
    assert printed["measure"] == "evidence"
    for said in printed["forgotten"]:
        assert said["prototype"] == shown
        assert abs(said["after"]) < abs(said["before"])
    for said in printed["corrected_images"]:
        assert said["class"] == "gamma" and said["after"] > said["before"]
    assert "learned from 4 judgements of concepts and 4 corrected classes" in child.card.limits[-1]
    assert child.card.metrics["concepts"] == start.card.metrics["concepts"]
    assert 0.0 <= child.card.metrics["accuracy"]["value"] <= 1.0
    # What it learned is where the next change starts from, and the axis can be switched on again.
    again = propose_edit(child, off=(off,), tolerance=99.0)
    assert again.head == pytest.approx(weights.numpy(), abs=1e-2)
    assert propose_edit(child, off=(), tolerance=99.0).off == ()


def test_what_a_network_with_concepts_cannot_learn_from_is_said(
    axes, class_folder, hashes, tmp_path, capsys
):
    bundle = Bundle.load(axes)
    other = bundle.prototype_ids[-1]
    feedback = export(tmp_path / "f.json", bundle.digest, {hashes[0]: {other: "artefact"}})
    assert main(_line(bundle.path, feedback, class_folder, tmp_path / "out")) == 2
    assert "Judge concepts of this model" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_judged_patients_do_not_count_in_the_comparison_on_test_images(
    bundle, opened, hashes, tmp_path
):
    from training.learning.compared import compare
    from training.learning.judged_images import find_images
    from training.learning.judgements import read_feedback
    from training.learning.reopened import as_fitted
    from training.learning.taught import Taught

    images = opened.context.images
    row = int(opened.rows.test[0])
    words = {images.sha256s[row]: {"p00": "artefact"}}
    said = read_feedback(export(tmp_path / "f.json", bundle.digest, words), bundle)
    judged = find_images(said, opened, None)
    fitted = as_fitted(opened, bundle.model, opened.similarities(bundle.model))
    seen = bundle.model(judged.inputs).similarities
    result = compare(opened, Taught(fitted, fitted, (seen, seen), None), judged)
    same = int((images.patients[opened.rows.test.numpy()] == images.patients[row]).sum())
    assert result.left_out == same > 0
    assert result.test is None or result.test["images"] == len(opened.rows.test) - same
    assert result.validation["calls_changed"] == 0
    assert result.validation["before"] == result.validation["after"]
