"""Interventions on the network itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.head import with_last_layer
from dprotonet.errors import WrongRequest
from dprotonet.explain.masking.fills import make_fill
from dprotonet.inference.intervening import (
    Subject,
    intervene,
    intervene_on,
    read_in_place,
    region_on_grid,
)
from dprotonet.inference.intervention import FILLS, Intervention, Region
from dprotonet.inference.predictor import Predictor
from dprotonet.inference.support import Support
from dprotonet.modeling.geometry import Placement
from tests.dprotonet.inference.test_predictor import CLASSES, decoded
from tests.dprotonet.tiny_bundle import SIZE, make_tiny_bundle, tiny_images


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Bundle:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "b", CLASSES, temperature=1.7)


@pytest.fixture(scope="module")
def predictor(bundle):
    return Predictor(bundle)


@pytest.fixture(scope="module")
def image():
    return decoded(tiny_images(3, 1)[1][:48])  # wider than high: there is padding


@pytest.fixture(scope="module")
def before(predictor, image):
    return predictor.predict(image)


def box(rows, columns, shape=(48, SIZE)):
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    return mask


MIDDLE = box(slice(10, 30), slice(20, 40))


def test_nothing_changed_is_the_prediction_to_the_last_digit(predictor, image, before):
    result = intervene(predictor, image, Intervention())
    assert result.label == before.label and result.control is None and result.area is None
    assert (result.logits, result.probabilities) == (before.logits, before.probabilities)
    assert result.evidence == {match.prototype: match.evidence for match in before.matches}


def test_to_keep_all_is_the_prediction_and_to_hide_all_is_that_of_the_fill_alone(
    predictor, image, before
):
    everything = np.ones((48, SIZE), bool)
    for fill in FILLS:
        kept = intervene(predictor, image, Intervention((), Region(everything, "keep", fill)))
        assert (kept.logits, kept.area, kept.control) == (before.logits, 1.0, None)
        hidden = intervene(predictor, image, Intervention((), Region(everything, "hide", fill)))
        x, placement = predictor.bundle.preprocessing(image)
        shown = make_fill(
            fill, x, placement.valid_mask(), generator=torch.Generator().manual_seed(0)
        )
        assert hidden.logits == predictor.predict_tensor(shown).logits
        assert hidden.logits != before.logits


def test_to_hide_a_region_is_to_keep_what_lies_around_it(predictor, image):
    for fill in FILLS:
        hidden = intervene(predictor, image, Intervention((), Region(MIDDLE, "hide", fill)))
        around = intervene(predictor, image, Intervention((), Region(~MIDDLE, "keep", fill)))
        assert hidden.logits == around.logits
        assert hidden.area == pytest.approx(1 - around.area)


def test_a_mask_of_the_native_grid_and_its_like_of_the_network_s_do_the_same(predictor, image):
    _, placement = predictor.bundle.preprocessing(image)
    small = region_on_grid(MIDDLE, placement).numpy()
    assert small.sum() == MIDDLE.sum()  # this image is not resized, only moved
    one, other = (
        intervene(predictor, image, Intervention((), Region(mask))) for mask in (MIDDLE, small)
    )
    assert (one.logits, one.control) == (other.logits, other.control)


def test_a_prototype_that_is_off_is_one_that_weighs_nothing(
    predictor, bundle, image, tmp_path, monkeypatch
):
    off = bundle.prototype_ids[1]
    weights = bundle.model.head.weight.detach().clone().numpy()
    weights[:, 1] = 0
    edited = Bundle.load(bundle.path)
    edited.model.load_state_dict(
        {**edited.model.state_dict(), "head.weight": torch.from_numpy(weights)}
    )
    assert with_last_layer(bundle, weights)  # the same shape as an edit writes
    expected = Predictor(edited).predict(image)
    result = intervene(predictor, image, Intervention((off,)))
    assert result.logits == pytest.approx(expected.logits, abs=1e-6)
    assert result.label == expected.label and result.evidence[off] == 0.0


def test_off_and_a_region_work_at_once(predictor, image, before):
    off = (before.matches[0].prototype,)
    both = intervene(predictor, image, Intervention(off, Region(MIDDLE)))
    hidden = intervene(predictor, image, Intervention((), Region(MIDDLE)))
    gone = hidden.evidence[off[0]]
    difference = [
        result.logits[before.label] - result.logits[before.runner_up] for result in (hidden, both)
    ]
    assert difference[1] == pytest.approx(difference[0] - gone, abs=1e-12)
    assert both.control is not None and both.control.mean != hidden.control.mean


def test_the_control_is_the_same_done_elsewhere(predictor, image, before):
    subject = Subject.of(predictor, image)
    result = intervene_on(predictor, subject, before, Intervention((), Region(MIDDLE)), draws=4)
    assert result.control.draws == 4 and set(result.control.mean) == set(CLASSES)
    assert sum(result.control.mean.values()) == pytest.approx(1.0)
    again = intervene_on(predictor, subject, before, Intervention((), Region(MIDDLE)), draws=4)
    other = intervene_on(
        predictor, subject, before, Intervention((), Region(MIDDLE)), draws=4, seed=1
    )
    assert again == result and other.control != result.control
    assert other.logits == result.logits  # a blurred region is no matter of chance


def test_a_region_that_covers_nothing_is_refused(predictor, image):
    for mask in (box(slice(0), slice(0)), box(slice(60, 64), slice(None), (SIZE, SIZE))):
        with pytest.raises(WrongRequest, match="covers nothing"):
            intervene(predictor, image, Intervention((), Region(mask)))
    with pytest.raises(ValueError, match="neither grid"):
        region_on_grid(np.ones((3, 3), bool), Placement.of((48, SIZE), SIZE))


def test_of_an_image_that_the_model_refuses_nothing_can_be_tried(predictor, image, before):
    support = Support("outside", 4.0, 1.0, 2.0, ("unlike what this model was trained on",))
    refused = replace(before, support=support).withheld()
    subject = Subject.of(predictor, image)
    for change in (Intervention(), Intervention((), Region(MIDDLE))):
        with pytest.raises(WrongRequest, match="makes no call"):
            intervene_on(predictor, subject, refused, change)


def test_a_heatmap_is_the_same_whatever_is_tried_in_the_midst_of_it(predictor, image, before):
    subject, tried = Subject.of(predictor, image), []

    def meanwhile():
        change = Intervention((), Region(MIDDLE, "keep", FILLS[len(tried) % len(FILLS)]))
        tried.append(intervene_on(predictor, subject, before, change))
        return False

    alone = predictor.explain(image, "class", tier="draft")
    disturbed = predictor.explain(image, "class", tier="draft", cancelled=meanwhile)
    assert len(tried) > 3 and (alone.heatmap == disturbed.heatmap).all()
    assert disturbed.faithfulness == alone.faithfulness
    assert tried[3:4] == tried[:1]


def test_another_image_in_the_place_of_one_gives_its_own_prediction_beside_a_control(
    predictor, image, before
):
    others = [decoded(one[:48]) for one in tiny_images(4, 2)[1]]
    same = read_in_place(predictor, image, before)
    assert (same.logits, same.control, same.area) == (before.logits, None, None)
    without = read_in_place(predictor, others[0], before)
    assert without.logits == predictor.predict(others[0]).logits != before.logits
    result = read_in_place(predictor, others[0], before, others[1:], off=("p01",))
    assert result.evidence == without.evidence | {"p01": 0.0}
    assert result.control.draws == len(others) - 1
    with pytest.raises(WrongRequest, match="no prototype"):
        read_in_place(predictor, image, before, off=("p99",))
