"""Where an image lies on the square grid of a network, as plain numbers. No torch.

What is computed with them is in :mod:`dprotonet.modeling.geometry`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class GridPlacement:
    """An image of ``stored`` pixels on a network grid of ``network`` × ``network``."""

    stored: tuple[int, int]  # (H, W) of the image on its native grid, pixels
    network: int  # S, the side of the network grid, pixels
    resized: tuple[int, int]  # (rows, columns) of the image on the network grid, pixels
    offset: tuple[int, int]  # (rows, columns) of padding above and left of it, pixels
