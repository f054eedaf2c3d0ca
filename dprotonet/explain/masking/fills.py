"""What a hidden pixel shows instead of the image.

Every measure of a mask depends on its fill, so a fill has a name, and the name is kept with every
number that comes from it. A mask of 1 keeps the image, 0 shows the fill. Padding around the image
is the same in image and fill: hiding or keeping it changes nothing, so no mask can gain by that.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from dprotonet.explain.settings import FILLS, HELD_OUT

TILES = 14  # squares along a side of the shuffled fill
MOSAIC = 8  # along a side of the mosaic


def make_fill(
    name: str,
    image: Tensor,
    valid_mask: Tensor | None = None,
    *,
    sigma: float = 12 / 224,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The fill of one image.

    Args:
        name: ``blur`` (Gaussian), ``mean`` (the image's mean colour), ``noise`` (the image's mean
            plus noise of its own standard deviation, smoothed a little), ``tiles`` (the image
            itself, cut into squares that are shuffled), ``zero`` (the training mean, where images
            are normalised) or ``mosaic`` (large squares of the image's mean colours), which judges.
        image: ``(C, S, S)`` normalised.
        valid_mask: ``(S, S)`` bool, False in the padding around the image.
        sigma: the blur's standard deviation as a fraction of S.
        generator: for ``noise`` and ``tiles``; on the CPU.

    Returns:
        ``(C, S, S)``; equal to the image in the padding.
    """
    size = image.shape[-1]
    weight = torch.ones_like(image[:1]) if valid_mask is None else valid_mask.to(image)[None]
    count = weight.sum().clamp_min(1)
    mean = (image * weight).sum(dim=(-2, -1), keepdim=True) / count
    if name == "blur":
        fill = blurred(image * weight, sigma * size) / blurred(weight, sigma * size).clamp_min(1e-3)
    elif name == "mean":
        fill = mean.expand_as(image)
    elif name == "zero":
        fill = torch.zeros_like(image)
    elif name == "noise":
        deviation = (((image - mean) ** 2 * weight).sum(dim=(-2, -1), keepdim=True) / count).sqrt()
        noise = torch.randn(1, size, size, generator=generator).to(image)
        smooth = blurred(noise, 2 / 224 * size)
        fill = mean + deviation * smooth / smooth.std().clamp_min(1e-6)
    elif name == "tiles":
        fill = _shuffled(torch.where(weight > 0, image, mean), generator)
    elif name == HELD_OUT:
        squares = F.adaptive_avg_pool2d(torch.where(weight > 0, image, mean)[None], MOSAIC)
        fill = F.interpolate(squares, size=image.shape[-2:], mode="nearest")[0]
    else:
        raise ValueError(f"There is no fill {name!r}. Choose one of {', '.join(FILLS)}.")
    return torch.where(weight > 0, fill, image)


def _shuffled(image: Tensor, generator: torch.Generator | None) -> Tensor:
    """The image cut into ``TILES`` squares a side, in another order: texture without form."""
    size = image.shape[-1]
    side = -(-size // TILES)
    whole = F.pad(image[None], (0, TILES * side - size) * 2, mode="replicate")
    squares = F.unfold(whole, side, stride=side)
    order = torch.randperm(TILES * TILES, generator=generator).to(image.device)
    return F.fold(squares[:, :, order], (TILES * side,) * 2, side, stride=side)[0, :, :size, :size]


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of ``(..., S, S)`` with a standard deviation in pixels; 0 leaves as is."""
    if sigma <= 0:
        return images
    radius = max(1, min(round(3 * sigma), min(images.shape[-2:]) - 1))
    at = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = kernel / kernel.sum()
    flat = images.reshape(-1, 1, *images.shape[-2:])
    flat = F.pad(flat, (radius, radius, radius, radius), mode="reflect")
    flat = F.conv2d(flat, kernel[None, None, None, :])
    return F.conv2d(flat, kernel[None, None, :, None]).reshape(images.shape)
