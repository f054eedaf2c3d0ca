"""Where an image lies on the square grid of a network, as plain numbers. No torch.

What is computed with tensors is in :mod:`dprotonet.modeling.geometry`.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class GridPlacement:
    """An image of ``stored`` pixels on a network grid of ``network`` × ``network``."""

    stored: tuple[int, int]  # (H, W) of the image on its native grid, pixels
    network: int  # S, the side of the network grid, pixels
    resized: tuple[int, int]  # (rows, columns) of the image on the network grid, pixels
    offset: tuple[int, int]  # (rows, columns) of padding above and left of it, pixels

    @classmethod
    def of(cls, stored: tuple[int, int], network: int, pixel_aspect: float = 1.0) -> Self:
        """Fit an image into the network grid.

        Args:
            stored: its (H, W) in pixels.
            network: the network's side S in pixels.
            pixel_aspect: height of one of its pixels divided by the pixel's width.
        """
        if not 0 < pixel_aspect < float("inf"):
            raise ValueError(f"a pixel's aspect must be positive, not {pixel_aspect}")
        height, width = stored[0] * pixel_aspect, float(stored[1])
        scale = network / max(height, width)
        rows = min(network, max(1, round(height * scale)))
        columns = min(network, max(1, round(width * scale)))
        offset = ((network - rows) // 2, (network - columns) // 2)
        return cls((int(stored[0]), int(stored[1])), int(network), (rows, columns), offset)
