"""Images through a JPEG file: close to what they were, and the same draw twice."""

from __future__ import annotations

import torch

from dprotonet.explain.reader.jpeg import jpeg_again


def _images() -> torch.Tensor:
    line = torch.linspace(-2.0, 2.5, 32)
    image = line[None, :, None] * torch.ones(3, 32, 32)
    return torch.stack([image, image.flip(1) * 0.1])


def test_it_is_the_image_but_for_little() -> None:
    images = _images()
    back = jpeg_again(images, torch.Generator().manual_seed(0))
    assert back.shape == images.shape and back.dtype == images.dtype
    spans = images.amax(dim=(1, 2, 3)) - images.amin(dim=(1, 2, 3))
    apart = (back - images).abs().amax(dim=(1, 2, 3)) / spans
    assert bool((apart > 0).all()) and bool((apart < 0.1).all())


def test_each_draw_has_its_qualities() -> None:
    noise = torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    first, again, other = (
        jpeg_again(noise, torch.Generator().manual_seed(seed)) for seed in (0, 0, 5)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_an_image_of_one_value_stays() -> None:
    flat = torch.full((1, 3, 16, 16), -1.5)
    assert torch.allclose(jpeg_again(flat, torch.Generator()), flat)
