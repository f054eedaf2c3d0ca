"""The ink of heatmaps: every one gets the same amount, spread by rank. No torch here."""

from __future__ import annotations

import numpy as np

INK = 0.1  # fraction of the image after which an inked heatmap has fallen to 1/e


def inked_array(raw: np.ndarray, valid_mask: np.ndarray) -> np.ndarray:
    """What :func:`dprotonet.explain.masking.heatmap.inked` makes of a map, for programs that load
    no model.

    Args:
        raw: ``(H, W)`` of any range; only the order counts. Ties keep the order of the rows.
        valid_mask: ``(H, W)`` bool, False in the padding around the image.

    Returns:
        ``(H, W)`` float32 in [0, 1]: 1 at the highest pixel inside the image, falling with the
        rank; 0 outside, and everywhere of a map that is flat or where there is no image.
    """
    values = np.asarray(raw, np.float64)[valid_mask]
    heatmap = np.zeros(raw.shape, np.float32)
    if values.size == 0 or values.max() <= values.min():
        return heatmap
    ranks = np.empty(values.size)
    ranks[np.argsort(-values, kind="stable")] = np.arange(values.size) / values.size
    heatmap[valid_mask] = np.exp(-ranks / INK)
    return heatmap
