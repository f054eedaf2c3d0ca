"""What every attribution method has in common, after captum's habits."""

from dataclasses import replace

import pytest
import torch

from dprotonet.errors import Cancelled, Unexplainable, WrongRequest
from dprotonet.explain.baselines.cam import GradCAM
from dprotonet.explain.baselines.perturbation import RISE
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import ClassNode, PrototypeNode
from tests.dprotonet.explain.toys import (
    QUICK,
    SIZE,
    PatchClassifier,
    PatchPrototypes,
    overlap,
    patch_mask,
    toy_image,
)

EXACT = replace(QUICK, precision="float32")
ONE, OTHER = toy_image(squares=(6, 22)), toy_image(squares=(28, 4))


@pytest.mark.parametrize("method", [MDM, GradCAM])
def test_attribute_gives_the_heatmap_that_explain_gives_without_measuring_it(method):
    own = method(PatchClassifier(), EXACT)
    (explanation,) = own.explain(ONE, [ClassNode(1)])
    heatmap = own.attribute(ONE, target=1)
    assert torch.equal(heatmap[0], torch.from_numpy(explanation.heatmap))
    assert overlap(heatmap[0], patch_mask(6, 22)) >= 0.5


def test_one_image_and_a_batch_of_one_give_the_same_heatmap_in_their_own_shape():
    method = GradCAM(PatchClassifier(), EXACT)
    single, batch = method.attribute(ONE, 1), method.attribute(ONE[None], 1)
    assert single.shape == (1, SIZE, SIZE) and batch.shape == (1, 1, SIZE, SIZE)
    assert torch.equal(single, batch[0])


@pytest.mark.parametrize("method", [MDM, RISE])
def test_each_image_of_a_batch_has_the_heatmap_that_it_has_alone(method):
    own = method(PatchClassifier(), EXACT)
    both = own.attribute(torch.stack([ONE, OTHER]), target=1)
    assert both.shape == (2, 1, SIZE, SIZE)
    for image, heatmap in zip((ONE, OTHER), both, strict=True):
        torch.testing.assert_close(heatmap, own.attribute(image, target=1), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    "targets",
    [[1, 0, 1], [ClassNode(1), 0, ClassNode(1)], torch.tensor([1, 0, 1])],
)
def test_a_list_of_targets_has_one_for_each_image(targets):
    method = GradCAM(PatchClassifier(), EXACT)
    images = torch.stack([ONE, ONE, OTHER])
    heatmaps = method.attribute(images, targets)
    for image, heatmap, target in zip(images, heatmaps, (1, 0, 1), strict=True):
        torch.testing.assert_close(heatmap, method.attribute(image, target))


def test_any_node_may_be_a_target_and_the_methods_own_is_taken_where_none_is_named():
    x = toy_image(rows=(4, 4), columns=(28, 26))
    node = PrototypeNode(1, "p01")
    heatmap = RISE(PatchPrototypes(), EXACT).attribute(x, node)
    assert torch.equal(RISE(PatchPrototypes(), EXACT, node=node).attribute(x), heatmap)


def test_each_image_of_a_batch_has_its_own_padding():
    masks = torch.ones(2, SIZE, SIZE, dtype=torch.bool)
    masks[0, :6], masks[1, :, :6] = False, False
    images = torch.stack([ONE, OTHER])
    for targets in (1, [1, 0]):
        heatmaps = RISE(PatchClassifier(), EXACT).attribute(images, targets, valid_mask=masks)
        assert not heatmaps[0, 0, :6].any() and not heatmaps[1, 0, :, :6].any()
        assert heatmaps[0, 0, 6:].any() and heatmaps[1, 0, :, 6:].any()


def test_progress_rises_to_one_over_all_targets():
    reported: list[float] = []
    GradCAM(PatchClassifier(), EXACT).attribute(
        torch.stack([ONE, OTHER]), [0, 1], progress=reported.append
    )
    assert reported == sorted(reported) and reported[-1] == 1.0 and reported.count(1.0) == 1


def test_what_is_random_depends_on_the_seed_alone():
    method = RISE(PatchClassifier(), EXACT)
    first, again, other = (method.attribute(ONE, 1, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_call_can_be_cancelled():
    with pytest.raises(Cancelled):
        GradCAM(PatchClassifier(), EXACT).attribute(ONE, 1, cancelled=lambda: True)


def test_wrong_calls_are_refused_in_words():
    method = GradCAM(PatchClassifier(), EXACT)
    with pytest.raises(ValueError, match=r"GradCAM\(model, node=…\)"):
        method.attribute(ONE)
    with pytest.raises(ValueError, match="2 targets for 1 images"):
        method.attribute(ONE, [0, 1])
    with pytest.raises(ValueError, match=r"\(3, S, S\)"):
        method.attribute(torch.zeros(3, 48, 40), 1)
    with pytest.raises(WrongRequest, match="no class number 7"):
        method.attribute(ONE, 7)
    with pytest.raises(Unexplainable, match="not finite"):
        method.attribute(torch.full_like(ONE, torch.nan), 1)


def test_no_node_and_no_image_is_no_work():
    method = GradCAM(PatchClassifier(), EXACT)
    assert method.explain(ONE, []) == []
    assert method.attribute_nodes(torch.zeros(0, 3, SIZE, SIZE), [ClassNode(1)]) == []


def test_an_attribution_becomes_the_same_explanation_on_the_host():
    (attribution,) = GradCAM(PatchClassifier(), EXACT).attribute_nodes(ONE, [ClassNode(1)])
    explanation = attribution.explanation()
    assert explanation.facts == attribution.facts
    assert torch.equal(torch.from_numpy(explanation.heatmap), attribution.heatmap)
    assert (attribution.masks, attribution.stop_reason) == ((), "done")


def test_the_measures_are_those_of_the_settings():
    settings = replace(EXACT, faithfulness_steps=5, faithfulness_area=0.3)
    (result,) = GradCAM(PatchClassifier(), settings).explain(ONE, [ClassNode(1)])
    assert len(result.faithfulness.insertion) == 6
    assert (result.faithfulness.area, result.settings_digest) == (0.3, settings.digest)
