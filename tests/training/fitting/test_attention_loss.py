import math

import pytest
import torch

from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model
from training.data.finding_masks import Targets
from training.fitting.attention_loss import AttentionPenalty, missed_peak, outside_fraction

OWNER = torch.tensor([0, 1])


def _targets(labels, annotated, grid=2):
    findings = torch.zeros(len(labels), 2, grid, grid, dtype=torch.uint8)
    for image, label, has_one in zip(findings, labels, annotated, strict=True):
        image[label, 0, 0] = 255 * has_one
    return Targets(torch.tensor(labels), findings, findings.flatten(2).any(dim=2))


def test_a_map_inside_of_the_finding_costs_nothing_and_one_outside_costs_one():
    inside, outside = torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, 2)
    inside[:, :, 0, 0], outside[:, :, 1, 1] = 7.0, 0.1
    targets = _targets([1], [1])
    assert float(outside_fraction(inside, targets, OWNER)) == 0.0
    assert float(outside_fraction(outside, targets, OWNER)) == pytest.approx(1.0)
    half = outside_fraction(inside + 70 * outside, targets, OWNER)
    assert float(half) == pytest.approx(0.5**0.5)


def test_the_peak_costs_what_the_softmax_leaves_outside():
    even, sharp = torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, 2)
    sharp[:, :, 0, 0] = 50.0
    targets = _targets([1], [1])
    assert float(missed_peak(even, targets, OWNER)) == pytest.approx(math.log(4))
    assert float(missed_peak(sharp, targets, OWNER)) == pytest.approx(0.0, abs=1e-6)
    assert float(missed_peak(-sharp, targets, OWNER)) == pytest.approx(50 + math.log(3))


def test_the_cell_that_the_finding_covers_most_is_the_best_place_for_a_peak():
    targets = _targets([1], [1])
    targets.findings[0, 1, 0, 1] = 51  # a fifth of what the first is covered
    first, second = torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, 2)
    first[:, :, 0, 0] = second[:, :, 0, 1] = 50.0
    assert float(missed_peak(first, targets, OWNER)) == pytest.approx(0.0, abs=1e-6)
    assert float(missed_peak(second, targets, OWNER)) == pytest.approx(math.log(5), abs=1e-5)
    assert float(outside_fraction(first, targets, OWNER)) == 0.0
    assert float(outside_fraction(second, targets, OWNER)) == 0.0


def test_a_map_of_many_even_cells_costs_the_same_wherever_its_peak_is_but_not_by_its_peak():
    targets = _targets([1], [1], grid=14)
    inside, beside = torch.full((1, 2, 14, 14), 0.6), torch.full((1, 2, 14, 14), 0.6)
    inside[:, :, 0, 0] = beside[:, :, 7, 7] = 0.9
    norms = [float(outside_fraction(m, targets, OWNER)) for m in (inside, beside)]
    peaks = [float(missed_peak(10 * m, targets, OWNER)) for m in (inside, beside)]
    assert norms[1] - norms[0] < 0.01
    assert peaks[1] - peaks[0] > 2.5


def test_only_annotated_images_and_the_prototypes_of_their_class_count():
    maps = torch.rand(3, 2, 2, 2, requires_grad=True)
    outside_fraction(maps, _targets([1, 0, 1], [1, 0, 0]), OWNER).backward()
    assert maps.grad[0, 1].abs().sum() > 0
    assert maps.grad[0, 0].abs().sum() == maps.grad[1:].abs().sum() == 0
    assert float(outside_fraction(maps.detach(), _targets([1, 0, 1], [0, 0, 0]), OWNER)) == 0.0


@pytest.mark.parametrize("loss", [outside_fraction, missed_peak])
def test_findings_of_another_grid_are_refused(loss):
    with pytest.raises(ValueError, match=r"\(2, 2\), the findings of \(3, 3\)"):
        loss(torch.rand(1, 2, 2, 2), _targets([1], [1], grid=3), OWNER)


@pytest.mark.parametrize("kind", ["outside", "peak"])
@pytest.mark.parametrize("masks", ["image", "learned", "random", "patch", "top"])
def test_steps_down_the_gradient_bring_the_maps_of_every_kind_of_mask_into_the_finding(masks, kind):
    small = {"prototypes_per_class": 1, "depth": 8, "image_size": 64, "backbone": "small"}
    options = ModelOptions(("a", "b"), masks=masks, **small)
    model = tiny_model(options).eval()
    penalty, images = AttentionPenalty(model, kind), network_input(tiny_images(4, 1))
    targets = _targets([0, 1, 0, 1], [1, 1, 1, 1])
    optimizer = torch.optim.Adam(
        [p for name, p in model.named_parameters() if not name.startswith("backbone.")], lr=0.01
    )
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        loss = penalty(model(images), targets)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert 0.0 <= losses[-1] < losses[0] - 0.05


def test_nothing_of_a_pass_without_gradient_is_kept():
    options = ModelOptions(("a", "b"), prototypes_per_class=1, depth=8, image_size=64, masks="top")
    model = tiny_model(options).eval()
    penalty, images = AttentionPenalty(model), network_input(tiny_images(2, 1))
    model(images)
    with torch.inference_mode():
        result = model(images)
    assert float(penalty(result, _targets([0, 1], [1, 1]))) > 0  # of the masks themselves
    assert penalty._cells is None
