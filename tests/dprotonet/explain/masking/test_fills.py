"""What a hidden pixel shows."""

import pytest
import torch

from dprotonet.explain.masking.fills import blurred, make_fill
from dprotonet.explain.settings import FILLS
from tests.dprotonet.explain.toys import toy_image


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


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
