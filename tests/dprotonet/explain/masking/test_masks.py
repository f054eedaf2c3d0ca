"""Masks: by kept area, at random, and the ranks of a map."""

import pytest
import torch

from dprotonet.explain.masking.masks import (
    blended,
    enlarged,
    ranked,
    smooth_masks,
    smooth_noise,
    standardised,
    stepped,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_soft_masks_keep_about_the_fractions_asked_for_and_stay_within_bounds():
    one = standardised(enlarged(torch.randn(1, 7, 7, generator=generator()), 64))[0]
    masks = stepped(one, torch.tensor([0.1, 0.3, 0.6]), sharpness=10.0)
    assert masks.min() >= 0 and masks.max() <= 1
    assert masks.mean(dim=(1, 2)).tolist() == pytest.approx([0.1, 0.3, 0.6], abs=0.06)


def test_a_soft_masks_fraction_is_counted_inside_the_image_only():
    valid_mask = torch.zeros(64, 64, dtype=torch.bool)
    valid_mask[16:48] = True
    one = enlarged(torch.randn(1, 5, 5, generator=generator()), 64) + 9 * (~valid_mask)
    mask = stepped(standardised(one, valid_mask)[0], torch.tensor([0.25]), 10.0, valid_mask)
    assert mask[:, valid_mask].mean() == pytest.approx(0.25, abs=0.08)


def test_a_soft_mask_has_a_gradient_to_its_map():
    one = standardised(enlarged(torch.randn(1, 7, 7, generator=generator()), 64))[0]
    one.requires_grad_(True)
    stepped(one, torch.tensor([0.5]), 4.0).sum().backward()
    assert one.grad.abs().max() > 0


def test_ranks_order_pixels_from_highest_to_lowest_and_leave_the_padding_last():
    maps = torch.tensor([[[5.0, 1.0], [3.0, 9.0]]])
    valid_mask = torch.tensor([[True, True], [True, False]])
    assert ranked(maps).tolist() == [[[0.25, 0.75], [0.5, 0.0]]]
    assert ranked(maps, valid_mask)[0, 1, 1] == 1.0
    assert ranked(maps, valid_mask)[0, 0, 0] == 0.0


def test_random_masks_come_from_the_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = smooth_masks(3, 40, 7, generator(1), torch.device("cpu"))
    noise = smooth_noise(3, 40, generator(1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, smooth_masks(3, 40, 7, generator(1), torch.device("cpu")))
    assert not torch.equal(first, smooth_masks(3, 40, 7, generator(2), torch.device("cpu")))
    assert first.shape == noise.shape == (3, 40, 40)
    assert first.min() >= 0 and first.max() <= 1


def test_a_blend_shows_every_pixel_by_the_same_fraction():
    masks = blended(torch.zeros(6, 6), torch.tensor([0.25, 0.75]))
    assert masks.shape == (2, 6, 6)
    assert (masks[0] == 0.25).all() and (masks[1] == 0.75).all()
