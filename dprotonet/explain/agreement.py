"""Whether a heatmap marks the same when it is made again: its agreement over draws.

A search draws masks and fills at random, so it is made again under other draws. A mask reader draws
nothing, and the steps that refine its map draw no more than fills, so that such a map is made again
of the image moved by whole cells of the reader's grid, which is the same image to a radiologist
(:mod:`dprotonet.explain.reader.views`). What is compared is the marked region, since that is what a
reader looks at. Agreement says nothing of truth: a method that marks the same at every time can be
wrong every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn

from dprotonet.explain.explanation import Agreement
from dprotonet.explain.masking.masks import ranked
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import Node
from dprotonet.explain.reader.reading import own_reader, reads
from dprotonet.explain.reader.views import MOVES
from dprotonet.explain.settings import MDMSettings
from dprotonet.modeling.reader.mask_reader import MaskReader

AGAIN = 2
"""How often a heatmap is made again."""


def agreement(
    model: nn.Module,
    x: Tensor,
    node: Node,
    heatmap: np.ndarray,
    *,
    settings: MDMSettings,
    temperature: float = 1.0,
    valid_mask: Tensor | None = None,
    again: int = AGAIN,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Agreement:
    """Make a heatmap again and compare.

    Args:
        model: the network; left as it is.
        x: ``(3, S, S)`` normalised.
        node: that the heatmap is of.
        heatmap: ``(S, S)`` in [0, 1], of the decoder with these settings.
        settings: of the decoder, whose ``faithfulness_area`` is the marked region.
        temperature: of class nodes.
        valid_mask: ``(S, S)`` bool, False in the padding.
        again: how often, at least once.
        progress: called with the fraction done, rising to 1.
        cancelled: asked before every batch of passes.

    Raises:
        Cancelled: ``cancelled`` returned True.
    """
    reader = own_reader(model) if settings.reader else None
    is_read = reader is not None and reads(reader, [node])
    if is_read and reader is not None:
        images = _views(x, reader, again)
    else:
        images = ((x, (0, 0)) for _ in range(again))
    maps = [torch.from_numpy(heatmap)]
    for number, (image, back) in enumerate(images, start=1):
        own = MDM(model, settings, temperature=temperature, draw=number).attribute(
            image,
            node,
            valid_mask=valid_mask,
            progress=None if progress is None else _part(progress, number - 1, again),
            cancelled=cancelled,
        )
        maps.append(own[0].float().cpu().roll(back, (-2, -1)))
    area = settings.faithfulness_area
    overlap = marked_overlap(torch.stack(maps), area, valid_mask)
    return Agreement(overlap, "views" if is_read else "draws", len(maps), area)


def marked_overlap(heatmaps: Tensor, area: float, valid_mask: Tensor | None = None) -> float:
    """Mean intersection over union of the marked regions of all pairs.

    Args:
        heatmaps: ``(N, S, S)`` on the CPU, two or more; only their order counts.
        area: fraction of the image that is marked.
        valid_mask: ``(S, S)`` bool, False in the padding, which is never marked.

    Returns:
        In [0, 1]; 1 of equal heatmaps.
    """
    if len(heatmaps) < 2:
        raise ValueError("An overlap is of two heatmaps or more.")
    regions = ranked(heatmaps, valid_mask) < area
    return float(
        np.mean([float((a & b).sum() / (a | b).sum()) for a, b in combinations(regions, 2)])
    )


def _views(x: Tensor, reader: MaskReader, count: int) -> Iterator[tuple[Tensor, tuple[int, int]]]:
    """The image moved by whole cells, and how far its map has to go back, in pixels."""
    cell = max(1, x.shape[-1] // reader.options.cells)
    for down, across in MOVES[1 : count + 1]:
        yield x.roll((down * cell, across * cell), (-2, -1)), (-down * cell, -across * cell)


def _part(progress: Callable[[float], None], done: int, parts: int) -> Callable[[float], None]:
    """The progress of one of several heatmaps that are made one after the other."""
    return lambda fraction: progress((done + fraction) / parts)
