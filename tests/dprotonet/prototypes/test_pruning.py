from dataclasses import replace

import pytest
import torch

from dprotonet.modeling.options import ModelOptions
from dprotonet.prototypes.activation_stats import ActivationStatistics
from dprotonet.prototypes.provenance import PrototypeActivation
from dprotonet.prototypes.pruning import pruned, without_unused, worth_keeping
from dprotonet.prototypes.update import PrototypeUpdate
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model

ALIVE = PrototypeActivation(0.5, 0.1, {}, 0.2, dead=False)


def statistics(**changes):
    records = [replace(ALIVE, **changes.get(f"p{p:02d}", {})) for p in range(5)]
    return ActivationStatistics(tuple(records), 0.0, 10)


@pytest.fixture
def options():
    return ModelOptions(("a", "b"), prototypes_per_class=(2, 3), depth=8, image_size=64)


@pytest.fixture
def model(options):
    """With prototypes at right angles, but p02 and p03 nearly one."""
    network = tiny_model(options)
    with torch.no_grad():
        network.prototypes.copy_(torch.eye(5, 8))
        network.prototypes[3] = network.prototypes[2] + 0.1 * network.prototypes[3]
    return network


def test_dead_prototypes_go_and_of_doubles_the_one_that_is_closest_more_often_stays(model):
    result = statistics(p00={"dead": True}, p02={"closest_share": 0.3}, p03={"closest_share": 0.4})
    assert worth_keeping(result, model) == (1, 3, 4)


def test_of_doubles_the_purer_stays_and_impure_ones_go(model):
    purity = [0.2, 0.9, 1.0, 0.8, 0.6]
    result = statistics(p03={"closest_share": 0.9})
    assert worth_keeping(result, model, class_purity=purity, least_purity=0.7) == (1, 2)
    assert worth_keeping(result, model, class_purity=purity, least_purity=0.0) == (0, 1, 2, 4)


@pytest.mark.parametrize(("cosine", "kept"), [(0.89, (0, 1, 2, 3, 4)), (0.91, (0, 1, 3, 4))])
def test_prototypes_are_one_reason_above_a_cosine_of_nine_tenths(model, cosine, kept):
    with torch.no_grad():
        model.prototypes[3] = cosine * torch.eye(8)[2] + (1 - cosine**2) ** 0.5 * torch.eye(8)[3]
    assert worth_keeping(statistics(p03={"closest_share": 0.9}), model) == kept


def test_a_double_of_another_class_goes_too(model):
    with torch.no_grad():
        model.prototypes[4] = model.prototypes[0]
    assert worth_keeping(statistics(p04={"closest_share": 0.1}), model) == (0, 1, 2)


def test_a_class_never_loses_its_last_prototype(model):
    result = statistics(p00={"dead": True}, p01={"dead": True, "closest_share": 0.9})
    assert worth_keeping(result, model) == (1, 2, 4)


@pytest.mark.parametrize("masks", ["image", "learned", "random", "patch", "top"])
def test_a_pruned_model_loses_the_contributions_of_what_went_and_nothing_else(options, masks):
    model = tiny_model(replace(options, masks=masks)).eval()
    with torch.no_grad():
        model.head.weight.normal_()
        images = network_input(tiny_images(2, 2))
        before = model(images)
        smaller = pruned(model, (0, 2, 4))
        after = smaller(images)
        left = model.contributions(before.similarities)[:, :, [0, 2, 4]].sum(dim=-1)
    assert smaller.options.prototype_counts == (1, 2)
    assert torch.allclose(after.logits, left, atol=1e-5)
    assert torch.equal(after.masks, before.masks[:, [0, 2, 4]])


def test_rows_that_leave_a_class_empty_or_stand_out_of_order_are_refused(options):
    model = tiny_model(options)
    with pytest.raises(ValueError, match="prototypes_per_class"):
        pruned(model, (0, 1))
    with pytest.raises(ValueError, match="ascending"):
        pruned(model, (2, 0))


def test_a_network_cut_behind_its_frozen_blocks_can_be_pruned_too(options):
    model = tiny_model(options).eval()
    model.backbone = torch.nn.Sequential(torch.nn.Conv2d(3, 1280, 32, stride=32))
    images = network_input(tiny_images(2, 2))
    with torch.no_grad():
        kept = model(images).similarities[:, [0, 2, 4]]
        assert torch.allclose(pruned(model, (0, 2, 4))(images).similarities, kept, atol=1e-6)


def test_prototypes_that_a_mixture_hardly_uses_go_but_for_one_of_each_class(options):
    update = PrototypeUpdate(
        torch.eye(5, 8), ((),) * 5, "mixture", {}, (0.98, 0.02, 0.5, 0.48, 0.02)
    )
    assert without_unused(range(5), update, options) == (0, 2, 3)
    assert without_unused((1, 2, 4), update, options) == (1, 2)  # class a has but p01 left
    other = replace(update, kind="kmeans", mixing_weights=None)
    assert without_unused((0, 1, 4), other, options) == (0, 1, 4)
