"""What hidden pixels show while a mask reader is trained, and while it is validated.

A reader that has seen one fill learns what that fill does to its network. So there are several,
each of another strength at every step; and what chooses when training stops is one that it never
sees.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dprotonet.explain.masking.fills import make_fill

SIGMAS = (4 / 224, 24 / 224)
"""Standard deviations of a blur, as fractions of the side, between which one is drawn."""

WEAKEST = 0.5
"""Of noise and of tiles: the least fraction of them that is mixed into the mean colour."""


def drawn_fill(name: str, image: Tensor, valid_mask: Tensor, generator: torch.Generator) -> Tensor:
    """The fill ``(3, S, S)`` of an image ``(3, S, S)``, of random strength.

    Args:
        name: out of :data:`~dprotonet.explain.settings.FILLS`.
        valid_mask: ``(S, S)`` bool, False in the padding, where the fill equals the image.
        generator: on the CPU.
    """
    chance = float(torch.rand((), generator=generator))
    low, high = SIGMAS
    sigma = low * (high / low) ** chance
    fill = make_fill(name, image, valid_mask, sigma=sigma, generator=generator)
    if name in ("noise", "tiles"):
        mean = make_fill("mean", image, valid_mask)
        fill = torch.lerp(mean, fill, WEAKEST + (1 - WEAKEST) * chance)
    return fill
