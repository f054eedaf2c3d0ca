import pytest
import torch

from dprotonet.explain.reader.objective import (
    MARGIN,
    ValueScale,
    beside,
    hard_masks,
    roughness,
    soft_masks,
)

ALL = torch.ones(2, 32, 32, dtype=torch.bool)


@pytest.fixture
def maps():
    return torch.rand(2, 8, 8, generator=torch.Generator().manual_seed(0))


def test_hard_masks_keep_exactly_the_highest_fraction(maps):
    masks = hard_masks(maps, (0.05, 0.5), ALL)
    assert masks.shape == (2, 2, 32, 32)
    assert masks.mean(dim=(2, 3)).flatten().tolist() == pytest.approx([0.05, 0.5] * 2, abs=1e-3)
    assert bool((masks[:, 1] >= masks[:, 0]).all())


def test_soft_masks_are_the_hard_ones_made_smooth_and_have_a_gradient(maps):
    maps.requires_grad_(True)
    soft, attributions = soft_masks(maps, torch.tensor([0.1, 0.4]), ALL, 400.0)
    hard = hard_masks(maps.detach(), (0.1, 0.4), ALL)
    for i in (0, 1):
        assert (soft[i].round() - hard[i, i]).abs().mean() < 0.03
        assert abs(float(attributions[i].detach().std()) - 1) < 1e-4
    soft.sum().backward()
    assert bool(maps.grad.any())


def test_edged_masks_are_0_or_1_and_have_the_gradient_of_the_smooth_ones(maps):
    fractions, gradients = torch.tensor([0.1, 0.4]), []
    for edged in (False, True):
        given = maps.clone().requires_grad_(True)
        masks, _ = soft_masks(given, fractions, ALL, 8.0, edged=edged)
        (masks * ALL[0].cumsum(0)).sum().backward()
        gradients.append(given.grad)
    torch.testing.assert_close(gradients[0], gradients[1])
    assert bool(((masks - masks.round()).abs() < 1e-6).all())
    assert masks.detach().mean(dim=(1, 2)).tolist() == pytest.approx([0.1, 0.4], abs=0.03)


def test_padding_takes_no_part(maps):
    valid = ALL.clone()
    valid[:, :, :16] = False
    maps[:, :, :4] = 9.0
    assert hard_masks(maps, (0.25,), valid)[:, 0, :, :16].sum() == 0
    other = maps.clone()
    other[:, :, 0] = -50.0  # far inside the padding
    fractions = torch.tensor([0.2, 0.2])
    one, _ = soft_masks(maps, fractions, valid, 8.0)
    two, _ = soft_masks(other, fractions, valid, 8.0)
    torch.testing.assert_close(one[:, :, 16:], two[:, :, 16:])


def test_a_gap_is_counted_in_deviations_of_its_own_node():
    scale = ValueScale.of(torch.tensor([[0.0, 0.0], [1.0, 100.0], [2.0, 200.0]]))
    nodes, before = torch.tensor([0, 1]), torch.tensor([2.0, 200.0])
    gaps = scale.gap(torch.tensor([2.0, 200.0]), torch.tensor([1.0, 100.0]), before, nodes)
    assert gaps[0] == pytest.approx(float(gaps[1])) and gaps[0] > 0


def test_nothing_is_gained_by_going_further_than_the_image_or_than_images_without_it():
    scale = ValueScale.of(torch.linspace(0, 10, 50)[:, None])
    nodes, before = torch.tensor([0]), torch.tensor([6.0])
    margin = MARGIN * float(scale.deviation)

    def gap(kept: float, removed: float) -> float:
        return float(scale.gap(torch.tensor([kept]), torch.tensor([removed]), before, nodes))

    assert gap(6.0 + margin, 3.0) == pytest.approx(gap(60.0, 3.0))
    assert gap(5.0, float(scale.low) - margin) == pytest.approx(gap(5.0, -60.0))
    assert gap(5.0, 3.0) > gap(4.0, 3.0) > gap(4.0, 3.5)


def test_a_node_that_never_changes_has_a_scale():
    scale = ValueScale.of(torch.full((4, 1), 3.0))
    assert float(scale.deviation) > 0


def test_a_speckled_map_is_rougher_than_a_smooth_one():
    at = torch.linspace(0, 1, 16)
    smooth = (at[:, None] + at[None, :])[None]
    speckled = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert roughness(speckled) > 4 * roughness(smooth)
    assert roughness(10 * smooth) == pytest.approx(float(roughness(smooth)), rel=1e-4)


def test_only_what_stands_out_beside_the_body_counts():
    attributions, bodies = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8, dtype=torch.bool)
    bodies[:, :, 2:] = True
    valid = torch.ones(1, 8, 8, dtype=torch.bool)
    attributions[:, :, 4] = 3.0
    assert beside(attributions, bodies, valid) == 0
    attributions[:, :, 1] = 2.0
    attributions[:, :, 0] = -7.0
    assert beside(attributions, bodies, valid) == pytest.approx(1.0)
    valid[:, :, 1] = False
    assert beside(attributions, bodies, valid) == 0
