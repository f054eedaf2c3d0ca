"""Normalised images as they come back from a JPEG file, whose blocks a reader is not to hang on."""

from __future__ import annotations

import torch
from torch import Tensor

from dprotonet.lazy_compiler import without_compiler

with without_compiler():
    from torchvision.io import decode_jpeg, encode_jpeg

QUALITIES = (30, 90)  # the worst and the best


def jpeg_again(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image through a JPEG file of a random quality.

    How the images were normalised is not known here, so that a file's black and white are the
    darkest and the brightest value of the image, in all its colours.

    Args:
        images: ``(n, 3, S, S)`` normalised.
        generator: of the qualities, on the CPU.
    """
    low, high = images.amin(dim=(1, 2, 3), keepdim=True), images.amax(dim=(1, 2, 3), keepdim=True)
    span = (high - low).clamp_min(torch.finfo(images.dtype).tiny)
    files = ((images - low) / span * 255).round().byte().cpu()
    worst, best = QUALITIES
    qualities = torch.randint(worst, best + 1, (len(images),), generator=generator).tolist()
    back = [
        decode_jpeg(encode_jpeg(file, quality))
        for file, quality in zip(files, qualities, strict=True)
    ]
    return torch.stack(back).to(images) / 255 * span + low
