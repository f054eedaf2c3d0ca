import json
from datetime import UTC, datetime

import numpy as np
import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.apply import apply_edit
from dprotonet.editing.propose import propose_edit
from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import network_input, tiny_images

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def edited(editable, tmp_path):
    edit = propose_edit(editable, off=["p00"], required=["p02"], tolerance=9.0)
    return edit, apply_edit(editable, edit, tmp_path / "child", note="a marker", now=NOW)


def test_the_child_predicts_with_the_new_last_layer_and_the_parent_as_before(editable, edited):
    edit, child = edited
    x = network_input(tiny_images(2)[:1])[0]
    before, after = Predictor(editable).predict_tensor(x), Predictor(child).predict_tensor(x)
    old = {m.prototype: m for m in before.matches}
    new = {m.prototype: m for m in after.matches}
    assert new["p00"].contribution == 0.0
    assert all(new[p].similarity == pytest.approx(old[p].similarity, abs=1e-5) for p in old)
    logits = np.array([new[p].similarity for p in child.prototype_ids]) @ edit.head.T * 5.0
    assert list(after.logits.values()) == pytest.approx(logits.tolist(), abs=1e-4)


def test_the_child_says_what_was_changed_when_and_from_what(editable, edited):
    edit, child = edited
    (change,) = child.changes
    assert child.parent == editable.digest and child.off == ("p00",)
    assert (change.kind, change.required, change.note) == ("last_layer", ("p02",), "a marker")
    assert change.when == "2026-01-02T03:04:05+00:00"
    assert change.figures == json.loads(json.dumps(edit.figures()))
    assert child.card.metrics == {} and "p00 switched off" in child.card.limits[-1]
    assert child.temperature == edit.calibration.temperature
    assert child.threshold == edit.calibration.threshold


def test_the_parent_and_all_that_its_readers_know_by_name_stay(editable, edited, tmp_path):
    _, child = edited
    assert Bundle.load(editable.path, with_model=False).digest == editable.digest
    assert child.prototype_ids == editable.prototype_ids
    assert [e.sample_id for e in child.gallery] == [e.sample_id for e in editable.gallery]
    assert all(e.picture.is_file() for e in child.gallery)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["child"]


def test_switching_on_again_gives_the_parents_last_layer(editable, edited, tmp_path):
    _, child = edited
    back = propose_edit(child, off=())
    assert back.head == pytest.approx(editable.model.head.weight.numpy(), abs=1e-5)
    again = apply_edit(child, back, tmp_path / "again", now=NOW)
    assert again.off == () and [c.parent for c in again.changes] == [editable.digest, child.digest]
    changed = [limit for limit in again.card.limits if limit.startswith("Changed after training")]
    assert len(changed) == 1


def test_a_proposal_for_another_bundle_or_above_its_tolerance_is_not_applied(editable, edited):
    edit, child = edited
    with pytest.raises(WrongRequest, match="another version"):
        apply_edit(child, edit, child.path.parent / "x")
    costly = propose_edit(editable, off=["p00"], tolerance=0.0)
    with pytest.raises(WrongRequest, match="is allowed"):
        apply_edit(editable, costly, child.path.parent / "x")
    with pytest.raises(UnusableBundle, match="already exists"):
        apply_edit(editable, edit, child.path)
    assert not (child.path.parent / "x").exists()
