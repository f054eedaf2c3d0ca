"""Whether a method marks the same again in an image that no reader would tell from the first.

The heatmap of the class that the image is called is computed anew with a little noise, after a JPEG
file, moved by one pixel, and with another draw of what is random. The network's own answer to the
changed image is not asked for: the class stays that of the image.

Letters: S the network's side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.evaluation.evidence.places import top_membership
from training.evaluation.localisation import Mask
from training.evaluation.sanity import QUALITY, rank_correlation, through_jpeg

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.preprocessing import Preprocessing
    from training.benchmarks.heatmaps.methods import ConfiguredMethod
    from training.benchmarks.heatmaps.sample import OpenedSample

SIGMA = 0.02  # standard deviation of the noise, of a pixel range of 1
TOP = 0.10  # fraction of the image whose overlap is measured
IMAGES = ("noise", "jpeg", "shift")
"""Changed images, over which stability is averaged."""
DRAW = "draw"
CHANGES = (*IMAGES, DRAW)
FIGURES = ("rank", "overlap")
_NOISE_SEED = 7_000_029  # another stream than that of the fills and of any method
Heatmap = NDArray[np.float32]


def stability_figures(
    method: ConfiguredMethod, predictor: Predictor, opened: OpenedSample, own: Heatmap, seed: int
) -> dict[str, dict[str, float | None]]:
    """By change: the rank correlation with the method's own heatmap, and the overlap of the tops.

    Args:
        own: ``(S, S)``, the class node's heatmap of the image as it is.
        seed: with which it was computed.

    Returns:
        None in the place of a figure where the own heatmap is constant; without "draw" where the
        method draws nothing at random.
    """
    node, valid = opened.nodes["class"], opened.valid_mask
    preprocessing = predictor.bundle.preprocessing

    def again(x: Tensor, draw: int = 0) -> Heatmap:
        return method.heatmap(predictor, x, valid, node, seed=seed, draw=draw)

    images = changed_images(opened.x, valid, preprocessing)
    others = {name: again(x.to(opened.x.device)) for name, x in images.items()}
    others["shift"] = moved_back(others["shift"])
    if method.draws_at_random(predictor.model):
        others[DRAW] = again(opened.x, draw=1)
    valid_mask = valid.cpu().numpy()
    compared = {name: valid_mask for name in others}
    compared["shift"] = valid_mask & moved_back(valid_mask)  # one edge left the image
    return {name: agreement(own, other, compared[name]) for name, other in others.items()}


def agreement(own: Heatmap, other: Heatmap, valid_mask: Mask) -> dict[str, float | None]:
    """Of two heatmaps ``(S, S)``: Spearman's correlation on the image, and how far their highest
    tenths overlap (intersection over union, ties in random order)."""
    rank = rank_correlation(own, other, valid_mask)
    if np.isnan(rank):
        return dict.fromkeys(FIGURES)
    first, second = (top_membership(heatmap, valid_mask, TOP) for heatmap in (own, other))
    overlap = np.minimum(first, second).sum() / np.maximum(first, second).sum()
    return {"rank": rank, "overlap": float(overlap)}


def changed_images(
    x: Tensor, valid_mask: Tensor, preprocessing: Preprocessing
) -> Mapping[str, Tensor]:
    """An image ``(3, S, S)`` under each of :data:`IMAGES`, normalised; the padding stays.

    Changes are made in the unit range, as on the screen.
    """
    unit = preprocessing.denormalise(x.cpu()).clamp(0, 1)
    changed = {
        "noise": preprocessing.normalise(_noisy(unit)),
        "jpeg": through_jpeg(x.cpu(), preprocessing, QUALITY),
        "shift": preprocessing.normalise(_shifted(unit, valid_mask.cpu())),
    }
    return {name: torch.where(valid_mask.cpu(), y, x.cpu()) for name, y in changed.items()}


def _noisy(unit: Tensor) -> Tensor:
    """Normal noise, cut at black and white; the same in all colours of a grey image."""
    generator = torch.Generator().manual_seed(_NOISE_SEED)
    noise = torch.randn(unit.shape, generator=generator)
    if bool((unit - unit[:1]).abs().max() < 1e-5):
        noise = noise[:1]
    return (unit + SIGMA * noise).clamp(0, 1)


def _shifted(unit: Tensor, valid_mask: Tensor) -> Tensor:
    """One pixel down and to the right; the first row and column stand twice."""
    rows, columns = (torch.arange(side) for side in unit.shape[1:])
    top, left = (int(valid_mask.any(dim=axis).int().argmax()) for axis in (1, 0))
    return unit[:, (rows - 1).clamp_min(top)][:, :, (columns - 1).clamp_min(left)]


def moved_back(values: NDArray[Any]) -> NDArray[Any]:
    """``(S, S)`` one pixel up and to the left; zeros come in at the other edges."""
    back = np.zeros_like(values)
    back[:-1, :-1] = values[1:, 1:]
    return back
