"""What a reader sees of one image, averaged over the image moved by whole cells of its grid.

A cell of a network's coarse grids is 16 or 32 pixels; where an image lies on it is chance. Moved by
4 pixels the image is the same to a radiologist and another to the network, so the mean over such
views depends less on that chance.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.reader.reading import watched_pass
from dprotonet.modeling.reader.mask_reader import MaskReader

MOVES = ((0, 0), (1, 1), (-1, -1), (1, -1), (-1, 1), (2, 0), (-2, 0), (0, 2), (0, -2))
"""Cells down and to the right by which views are moved; the first is the image as it is."""


def mean_latent(probe: Probe, reader: MaskReader, views: int) -> Tensor:
    """The latent grid ``(L, s, s)`` of a probe's image, averaged over views of it.

    Args:
        probe: its first pass was watched at the reader's stages.
        views: 1 for the image as it is, at most one for each of :data:`MOVES`.
    """
    with torch.no_grad():
        reader = reader.to(probe.image.device)
        latent = reader.latent([probe.outputs[name] for name in reader.stage_names])[0]
        cell = probe.size // reader.options.cells
        if views < 2 or not cell:  # of a grid finer than its pixels nothing can be moved by a cell
            return latent
        moves = MOVES[1:views]
        images = [probe.image.roll((y * cell, x * cell), (-2, -1)) for y, x in moves]
        probe.work.check()
        _, features = watched_pass(probe.network, reader.stage_names, torch.stack(images))
        probe.work.count(len(images), 0)
        moved = reader.latent(features)
        back = [one.roll((-y, -x), (-2, -1)) for one, (y, x) in zip(moved, moves, strict=True)]
        return torch.stack([latent, *back]).mean(dim=0)
