"""Where a heatmap lies on its image: its peak, and how much of it is outside the body. No torch."""

from __future__ import annotations

import numpy as np

_TOP = 0.98  # fraction of the highest value above which a pixel belongs to the peak
_BLUR = 60  # the blur's standard deviation is the heatmap's side divided by this


def peak(heatmap: np.ndarray, valid_mask: np.ndarray) -> tuple[float, float]:
    """The position that a heatmap marks most.

    It is blurred a little first: a heatmap that is 1 over a whole region peaks in its middle, and a
    single pixel does not outweigh a region.

    Args:
        heatmap: ``(S, S)`` in [0, 1] on the network's grid.
        valid_mask: ``(S, S)`` bool, False on the padding; the image is a rectangle of True.

    Returns:
        Row and column as fractions of the image's height and width, from its upper left corner.
    """
    from scipy import ndimage

    rows, columns = np.nonzero(valid_mask.any(1))[0], np.nonzero(valid_mask.any(0))[0]
    image = heatmap[np.ix_(rows, columns)]
    smooth = ndimage.gaussian_filter(image, max(heatmap.shape) / _BLUR, mode="nearest")
    parts, _ = ndimage.label(smooth >= _TOP * smooth.max())
    top = parts == parts.flat[int(smooth.argmax())]
    row, column = ndimage.center_of_mass(top)
    return (float(row) + 0.5) / len(rows), (float(column) + 0.5) / len(columns)


def fraction_outside(heatmap: np.ndarray, body: np.ndarray, valid_mask: np.ndarray) -> float:
    """The fraction of a heatmap's sum that lies outside the body, in [0, 1]; 0 of an empty one.

    Args:
        heatmap: ``(S, S)`` in [0, 1].
        body: ``(S, S)`` bool.
        valid_mask: ``(S, S)`` bool, False on the padding, which does not count.
    """
    whole = float(heatmap[valid_mask].sum())
    return float(heatmap[valid_mask & ~body].sum()) / whole if whole > 0 else 0.0
