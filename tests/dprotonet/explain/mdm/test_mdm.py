import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision

from dprotonet.errors import Cancelled, WrongRequest
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import ClassNode, PrototypeNode, VectorNode
from dprotonet.explain.settings import TIERS, MDMSettings
from tests.dprotonet.explain.toys import (
    SIZE,
    PatchClassifier,
    PatchPrototypes,
    assert_same_order,
    overlap,
    patch_mask,
    toy_image,
)

pytestmark = pytest.mark.usefixtures("processor")
SQUARES = ClassNode(1, "squares")
QUICK = MDMSettings(steps=4, faithfulness_steps=4)


def explain(model=None, x=None, nodes=(SQUARES,), settings=QUICK, **options):
    model = PatchClassifier() if model is None else model
    x = toy_image(squares=(6, 22)) if x is None else x
    return MDM(model, settings).explain(x, list(nodes), **options)


@pytest.mark.parametrize("tier", ["full", "standard", "draft", "instant"])
@pytest.mark.parametrize("position", [(6, 22), (28, 4)])
def test_a_planted_patch_is_found(tier, position):
    (result,) = explain(x=toy_image(squares=position), settings=TIERS[tier])
    heatmap, mask = torch.from_numpy(result.heatmap), patch_mask(*position)
    assert mask.flatten()[heatmap.argmax()]
    assert overlap(heatmap, mask) >= 0.5
    assert result.faithfulness.beats_random
    assert result.faithfulness.hidden_value < result.faithfulness.random_hidden_value


def test_each_prototype_is_found_at_its_own_position():
    x = toy_image(rows=(4, 4), columns=(28, 26))
    first, second = explain(
        PatchPrototypes(), x, [PrototypeNode(0, "p00"), PrototypeNode(1, "p01")]
    )
    assert overlap(torch.from_numpy(first.heatmap), patch_mask(4, 4)) >= 0.5
    assert overlap(torch.from_numpy(second.heatmap), patch_mask(28, 26)) >= 0.5
    assert (first.node, second.node) == ("prototype:p00", "prototype:p01")


def test_a_vector_node_marks_all_that_the_vector_is_made_of():
    x = toy_image(rows=(4, 4), columns=(28, 26))
    (result,) = explain(PatchPrototypes(), x, [VectorNode(0, "p00")])
    assert result.value_before == pytest.approx(1.0, abs=1e-5)
    both = patch_mask(4, 4) | patch_mask(28, 26)
    assert overlap(torch.from_numpy(result.heatmap), both) >= 0.5


def test_the_value_before_is_the_networks_own():
    model, x = PatchClassifier(), toy_image(squares=(6, 22))
    (result,) = explain(model, x)
    with torch.no_grad():
        assert result.value_before == pytest.approx(
            model(x[None]).softmax(1)[0, 1].item(), abs=1e-6
        )
    assert result.faithfulness.insertion[-1] == pytest.approx(result.value_before, abs=1e-5)
    assert result.faithfulness.deletion[0] == pytest.approx(result.value_before, abs=1e-5)


def test_the_heatmap_is_the_same_for_every_seed_and_its_controls_are_not():
    first, again, other = (explain(seed=seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first.heatmap, again.heatmap)
    assert first.faithfulness == again.faithfulness
    assert np.array_equal(first.heatmap, other.heatmap)
    assert first.faithfulness.random_insertion_auc != other.faithfulness.random_insertion_auc


def test_the_worlds_randomness_is_left_alone():
    model = PatchClassifier()
    torch.manual_seed(11)
    before = torch.get_rng_state()
    explain(model)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_callers_network_is_left_as_it_is():
    model = PatchClassifier().train()
    model.classifier.bias.requires_grad_(False)
    state = copy.deepcopy(model.state_dict())
    flags = [p.requires_grad for p in model.parameters()]
    explain(model)
    assert model.training
    assert [p.requires_grad for p in model.parameters()] == flags
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())


def test_progress_rises_to_one():
    fractions: list[float] = []
    explain(progress=fractions.append)
    assert fractions == sorted(set(fractions)) and fractions[-1] == 1.0
    assert len(fractions) > 5


def test_progress_over_several_images_rises_to_one_once():
    fractions: list[float] = []
    result = explain(
        x=torch.stack([toy_image(squares=(6, 22)), toy_image()]), progress=fractions.append
    )
    assert len(result) == 2
    assert (
        fractions == sorted(set(fractions)) and fractions[-1] == 1.0 and fractions.count(1.0) == 1
    )


@pytest.mark.parametrize("after", [0, 1, 7])
def test_cancelling_stops_before_the_next_batch_and_leaves_nothing_behind(after):
    model = PatchClassifier()
    state = copy.deepcopy(model.state_dict())
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > after

    with pytest.raises(Cancelled):
        explain(model, cancelled=cancelled)
    assert len(asked) == after + 1
    assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())
    assert explain(model)[0].faithfulness.beats_random


def test_the_deadline_ends_the_search_with_what_it_has():
    (result,) = explain(settings=replace(QUICK, steps=500, patience=0, deadline_s=0.05))
    assert result.stop_reason == "deadline"
    assert result.passes_backward < 500


def test_the_search_ends_early_once_nothing_is_gained():
    (result,) = explain(settings=replace(QUICK, steps=60, patience=0.5))
    assert result.stop_reason == "converged"
    assert result.passes_backward < 60 * 4 * 2


def test_padding_is_never_marked_and_cannot_help():
    valid_mask = torch.ones(SIZE, SIZE, dtype=torch.bool)
    valid_mask[:, :12] = False
    x = toy_image(squares=(28, 26))
    x[:, :, :12] = -2.0
    (result,) = explain(x=x, valid_mask=valid_mask)
    assert result.heatmap[:, :12].max() == 0
    assert overlap(torch.from_numpy(result.heatmap), patch_mask(28, 26)) >= 0.5


def test_other_weights_give_another_heatmap():
    model, x = PatchClassifier(), toy_image(squares=(6, 22), rows=(28, 4))
    (before,) = explain(model, x)
    torch.manual_seed(0)
    with torch.no_grad():
        model.features[0].weight.copy_(torch.randn(4, 1, 8, 8).expand(-1, 3, -1, -1) / 8)
        model.classifier.weight.normal_()
    (after,) = explain(model, x)
    ranks = [one.heatmap.ravel().argsort().argsort() for one in (before, after)]
    assert np.corrcoef(*ranks)[0, 1] < 0.5


def test_an_ordinary_torchvision_classifier_is_explained():
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None, num_classes=3).eval()
    x = torch.randn(3, 64, 64)
    result = explain(model, x, [ClassNode(0), ClassNode(2)])
    assert [one.node for one in result] == ["class:0", "class:2"]
    for one in result:
        assert one.heatmap.shape == (64, 64) and one.heatmap.dtype == np.float32
        assert one.heatmap.min() >= 0 and one.heatmap.max() <= 1
        assert one.nodes_in_call == 2


def test_inference_mode_around_the_call_does_no_harm():
    with torch.inference_mode():
        (result,) = explain(x=toy_image(squares=(6, 22)))
    assert result.passes_backward > 0


def test_passes_count_every_image():
    (result,) = explain()
    learned = QUICK.steps * QUICK.areas_per_step * 2
    assert result.passes_backward == learned
    tried = 2 * len(QUICK.blends) * len(QUICK.blend_areas) * len(QUICK.fills)
    # The image and its fill once before the search, the image under its own map after it.
    passes = 2 + QUICK.start_masks + learned + tried
    assert result.passes_forward == passes + result.measuring_passes
    assert result.measuring_seconds < result.seconds


def test_what_the_network_lacks_is_said():
    with pytest.raises(WrongRequest, match="no prototypes"):
        explain(nodes=[PrototypeNode(0, "p00")])
    with pytest.raises(ValueError, match=r"\(3, S, S\)"):
        explain(x=torch.zeros(3, 48, 40))


def test_nothing_asked_is_nothing_done():
    assert explain(nodes=[]) == []


def test_an_explanation_goes_to_json_without_its_heatmap():
    (result,) = explain()
    data = result.to_json()
    assert "heatmap" not in data
    assert data["node"] == "class:squares"
    assert data["settings_digest"] == QUICK.digest
    assert data["faithfulness"]["fill"] == "blur"


def test_a_nodes_heatmap_is_the_same_alone_and_in_company():
    x = toy_image(rows=(4, 4), columns=(28, 26))
    nodes = [PrototypeNode(0, "p00"), PrototypeNode(1, "p01"), VectorNode(0, "p00")]
    settings = replace(QUICK, precision="float32", steps=20)
    together = explain(PatchPrototypes(), x, nodes, settings)
    for node, shared in zip(nodes, together, strict=True):
        (alone,) = explain(PatchPrototypes(), x, [node], settings)
        assert_same_order(shared.heatmap, alone.heatmap)
        assert shared.nodes_in_call == 3


def test_several_images_are_searched_together_to_the_same_heatmaps():
    x = torch.stack(
        [toy_image(rows=(4, 4), columns=(28, 26)), toy_image(rows=(20, 10), columns=(2, 30))]
    )
    nodes = [PrototypeNode(0, "p00"), VectorNode(0, "p00"), PrototypeNode(1, "p01")]
    settings = replace(QUICK, precision="float32")
    together = explain(PatchPrototypes(), x, nodes, settings)
    alone = [one for image in x for one in explain(PatchPrototypes(), image, nodes, settings)]
    for shared, single in zip(together, alone, strict=True):
        assert shared.node == single.node
        assert_same_order(shared.heatmap, single.heatmap)
        assert shared.passes_backward == single.passes_backward


def test_the_batch_changes_nothing_but_memory():
    settings = replace(QUICK, precision="float32")
    (one,) = explain(settings=settings)
    (other,) = explain(settings=replace(settings, batch=3))
    assert_same_order(one.heatmap, other.heatmap)
    assert one.passes_forward == other.passes_forward


def test_attributions_stay_on_the_device_with_their_masks():
    decoder = MDM(PatchClassifier(), QUICK, node=SQUARES)
    (result,) = decoder.attribute_nodes(toy_image(squares=(6, 22)))
    assert isinstance(result.heatmap, torch.Tensor) and result.heatmap.shape == (SIZE, SIZE)
    assert [tuple(mask.shape) for mask in result.masks] == [(s, s) for s in QUICK.sizes]
    assert result.settings_digest == QUICK.digest
    explanation = result.explanation()
    assert np.array_equal(explanation.heatmap, result.heatmap.numpy())
    assert 0 < explanation.area <= 1


def test_a_decoder_without_a_node_asks_for_one():
    with pytest.raises(ValueError, match="which node"):
        MDM(PatchClassifier()).attribute_nodes(toy_image())


def test_an_observer_sees_the_map_at_every_step_and_changes_nothing():
    seen: list[torch.Tensor] = []
    decoder = MDM(PatchClassifier(), QUICK)
    x = toy_image(squares=(6, 22))
    (watched,) = decoder.attribute_nodes(x, [SQUARES], watch=seen.append)
    (alone,) = decoder.attribute_nodes(x, [SQUARES])
    assert [tuple(maps.shape) for maps in seen] == [(1, 1, SIZE, SIZE)] * (QUICK.steps + 1)
    assert torch.equal(seen[-1][0, 0], watched.heatmap)
    assert torch.equal(watched.heatmap, alone.heatmap)


def test_a_deadline_of_the_call_goes_before_that_of_the_settings():
    decoder = MDM(PatchClassifier(), replace(QUICK, steps=500, patience=0))
    (result,) = decoder.attribute_nodes(toy_image(squares=(6, 22)), [SQUARES], deadline_s=0.05)
    assert result.stop_reason == "deadline"
    assert result.settings_digest == decoder.settings.digest


def test_a_node_that_depends_on_nothing_has_an_even_heatmap():
    model = PatchClassifier()
    with torch.no_grad():
        model.classifier.weight.zero_()
    (result,) = explain(model)
    assert result.heatmap.max() == result.heatmap.min() == 0


def test_calls_leave_no_memory_behind():
    import gc

    decoder = MDM(PatchClassifier(), replace(QUICK, steps=1))
    x = toy_image(squares=(6, 22))

    def tensors():
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    for _ in range(3):
        decoder.attribute_nodes(x, [SQUARES])
    before = tensors()
    for _ in range(20):
        decoder.attribute_nodes(x, [SQUARES])
    assert tensors() <= before
