import dataclasses
import json
import time

import numpy as np
import pytest

from dprotonet.bundle.writer import add_responses
from dprotonet.editing.conditions import own_weights
from dprotonet.editing.objective import objective_of
from dprotonet.editing.propose import (
    LastLayerEdit,
    near_optimal,
    propose_edit,
    prototype_weights,
)
from dprotonet.errors import WrongRequest
from tests.dprotonet.tiny_bundle import make_tiny_bundle


def test_an_edit_of_nothing_gives_the_trained_last_layer_back(editable):
    edit = propose_edit(editable, off=())
    assert edit.head == pytest.approx(editable.model.head.weight.numpy(), abs=1e-6)
    assert edit.feasible and edit.reason == "" and edit.increase == pytest.approx(0, abs=1e-9)


def test_a_prototype_that_is_off_weighs_nothing_and_the_others_take_its_place(editable):
    edit = propose_edit(editable, off=["p00"], tolerance=1.0)
    assert (edit.head[:, 0] == 0).all() and edit.off == ("p00",)
    cut = editable.model.head.weight.numpy().astype(float)
    cut[:, 0] = 0.0
    objective = objective_of(editable.responses, float(editable.model.log_scale.exp()))
    assert objective.value(edit.head.astype(float)) < objective.value(cut)
    assert edit.increase > 0
    assert 0 <= edit.calls_changed <= edit.validation_images == 16


def test_what_costs_more_than_the_tolerance_is_not_feasible_and_says_why(editable):
    cost = propose_edit(editable, off=["p00"], tolerance=1.0).increase
    assert propose_edit(editable, off=["p00"], tolerance=cost * 1.01).feasible
    edit = propose_edit(editable, off=["p00"], tolerance=cost * 0.99)
    assert not edit.feasible and edit.reason.startswith("Without p00, the loss on the training")


def test_the_ellipsoid_foretells_what_the_fit_finds(editable):
    for weight in prototype_weights(editable):
        edit = propose_edit(editable, off=[weight.id], tolerance=1.0)
        assert edit.predicted_increase == pytest.approx(weight.removal_increase, rel=1e-4)
        assert edit.increase == pytest.approx(edit.predicted_increase, rel=0.3)


def test_a_required_prototype_reaches_its_weight(editable):
    usual = propose_edit(editable, off=["p00"], required=["p01"], tolerance=9.0)
    own = own_weights(editable.options, usual.head.astype(float), nonnegative=False)
    assert own[1] >= 1.5 - 1e-5  # the median of untrained weights 1 and -0.5
    more = propose_edit(editable, off=(), required=["p01"], least_weight=4.0, tolerance=9.0)
    own = own_weights(editable.options, more.head.astype(float), nonnegative=False)
    assert own[1] == pytest.approx(4.0, abs=1e-5) and more.increase > 0


def test_a_proposal_is_read_back_as_it_was_written(editable):
    edit = propose_edit(editable, off=["p02"], tolerance=1.0)
    back = LastLayerEdit.from_json(json.loads(json.dumps(edit.to_json())))
    assert np.array_equal(back.head, edit.head)
    assert dataclasses.replace(back, head=edit.head).to_json() == edit.to_json()


def test_requests_that_no_last_layer_meets_are_refused(editable, tmp_path):
    with pytest.raises(WrongRequest, match="All prototypes of 'none'"):
        propose_edit(editable, off=["p00", "p01"])
    with pytest.raises(WrongRequest, match="no prototype 'p09'"):
        propose_edit(editable, off=["p09"])
    with pytest.raises(WrongRequest, match="tolerance"):
        propose_edit(editable, off=["p00"], tolerance=-1)
    without = make_tiny_bundle(tmp_path / "without", pictures=False)
    with pytest.raises(WrongRequest, match="python -m training responses"):
        propose_edit(without, off=["p00"])


@pytest.mark.parametrize("multi_label", [False, True])
def test_bundles_of_other_kinds_can_be_edited(tmp_path, multi_label, drawn):
    responses, _ = drawn(multi_label=multi_label, nonnegative=not multi_label)
    if multi_label:
        return _multi_label_edit(tmp_path)
    bundle = make_tiny_bundle(
        tmp_path / "b", ("a", "b", "c"), pictures=False, negative_class=None, threshold=None
    )
    bundle = add_responses(bundle, responses, tmp_path / "c", when="2026-01-01T00:00:00+00:00")
    edit = propose_edit(bundle, off=["p00"], tolerance=9.0)
    owner = np.repeat(np.arange(3), 2)
    own = owner == np.arange(3)[:, None]
    assert (edit.head[~own] == 0).all() and edit.head.min() >= 0 and (edit.head[:, 0] == 0).all()
    assert (near_optimal(bundle).centre >= 0).all()


def _multi_label_edit(tmp_path):
    from dprotonet.bundle.model_card import ModelCard
    from dprotonet.bundle.parts import BundleParts
    from dprotonet.bundle.writer import save_bundle
    from dprotonet.modeling.options import ModelOptions
    from dprotonet.modeling.preprocessing import Preprocessing
    from dprotonet.prototypes.activation_stats import activation_statistics
    from dprotonet.prototypes.update import update_prototypes
    from tests.dprotonet.tiny_bundle import tiny_batches, tiny_images, tiny_model, tiny_responses

    names = ("a", "b")
    model = tiny_model(
        ModelOptions(names, prototypes_per_class=2, depth=16, image_size=64, multi_label=True)
    )
    images = tiny_images(2)
    update = update_prototypes(model, tiny_batches(images, 2), m=2)
    update.apply_to(model)
    bundle = save_bundle(
        tmp_path / "many",
        BundleParts(
            name="many",
            model=model,
            preprocessing=Preprocessing(64),
            update=update,
            statistics=activation_statistics(model, tiny_batches(images, 2)),
            card=ModelCard(title="many"),
            thresholds=dict.fromkeys(names, 0.5),
            offsets=dict.fromkeys(names, 0.0),
            responses=tiny_responses(model),
        ),
    )
    edit = propose_edit(bundle, off=["p03"], tolerance=9.0)
    assert (edit.head[:, 3] == 0).all()
    assert set(edit.calibration.thresholds) == set(edit.calibration.offsets) == {"a", "b"}


def test_the_time_of_a_proposal_is_told(editable, capsys):
    start = time.perf_counter()
    edit = propose_edit(editable, off=["p00"], tolerance=1.0)
    whole = (time.perf_counter() - start) * 1000
    with capsys.disabled():
        print(f"\na proposal took {edit.milliseconds:.1f} ms")
    assert 0 < edit.milliseconds <= whole
