import pytest
import torch

from dprotonet.explain.masking.fills import blurred, make_fill
from dprotonet.explain.masking.masks import (
    blended,
    enlarged,
    ranked,
    smooth_masks,
    smooth_noise,
    standardised,
    stepped,
)
from dprotonet.explain.settings import FILLS
from tests.dprotonet.explain.toys import toy_image


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_soft_masks_keep_about_the_shares_asked_for_and_stay_within_bounds():
    one = standardised(enlarged(torch.randn(1, 7, 7, generator=generator()), 64))[0]
    masks = stepped(one, torch.tensor([0.1, 0.3, 0.6]), sharpness=10.0)
    assert masks.min() >= 0 and masks.max() <= 1
    assert masks.mean(dim=(1, 2)).tolist() == pytest.approx([0.1, 0.3, 0.6], abs=0.06)


def test_a_soft_masks_share_is_counted_inside_the_image_only():
    valid_mask = torch.zeros(64, 64, dtype=torch.bool)
    valid_mask[16:48] = True
    one = enlarged(torch.randn(1, 5, 5, generator=generator()), 64) + 9 * (~valid_mask)
    mask = stepped(standardised(one, valid_mask)[0], torch.tensor([0.25]), 10.0, valid_mask)
    assert mask[:, valid_mask].mean() == pytest.approx(0.25, abs=0.08)


def test_a_soft_mask_has_a_slope_to_its_map():
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


@pytest.mark.parametrize("name", FILLS)
def test_a_fill_leaves_the_padding_as_it_is(name):
    image = toy_image(squares=(6, 22))
    valid_mask = torch.ones(48, 48, dtype=torch.bool)
    valid_mask[:8] = False
    fill = make_fill(name, image, valid_mask, generator=generator())
    assert torch.equal(fill[:, :8], image[:, :8])
    assert not torch.allclose(fill[:, 8:], image[:, 8:])


def test_a_blur_keeps_a_flat_image_and_its_brightness_up_to_the_images_edge():
    flat = torch.full((3, 40, 40), 0.7)
    torch.testing.assert_close(blurred(flat, 4.0), flat)
    valid_mask = torch.ones(40, 40, dtype=torch.bool)
    valid_mask[:10] = False
    padded = torch.where(valid_mask, flat, torch.full_like(flat, -2.0))
    torch.testing.assert_close(make_fill("blur", padded, valid_mask), padded)


def test_an_unknown_fill_is_refused():
    with pytest.raises(ValueError, match="blur, mean, noise, tiles, zero"):
        make_fill("black", toy_image())


def test_shuffled_tiles_keep_the_texture_and_lose_the_form():
    image = torch.rand(3, 56, 56, generator=generator())
    fill = make_fill("tiles", image, generator=generator())
    torch.testing.assert_close(fill.flatten(1).sort().values, image.flatten(1).sort().values)
    assert (fill == image).float().mean() < 0.2


def test_a_blend_shows_every_pixel_by_the_same_share():
    masks = blended(torch.zeros(6, 6), torch.tensor([0.25, 0.75]))
    assert masks.shape == (2, 6, 6)
    assert (masks[0] == 0.25).all() and (masks[1] == 0.75).all()
