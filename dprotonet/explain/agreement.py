"""Whether a heatmap marks the same when it is made again: its agreement over draws.

A search draws masks and fills at random, so it is made again under other draws. A mask reader draws
nothing: its own map is made again of the image moved by whole cells of its grid, which is the same
image to a radiologist (:mod:`dprotonet.explain.reader.views`). What is compared is the marked
region, since that is what a reader looks at. Agreement says nothing of truth: a method that marks
the same at every time can be wrong every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dprotonet.explain.masking.masks import ranked
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import Node
from dprotonet.explain.reader.reading import own_reader, reads
from dprotonet.explain.reader.views import MOVES
from dprotonet.explain.settings import MDMSettings
from dprotonet.modeling.reader.mask_reader import MaskReader

AGAIN = 2
"""How often a heatmap is made again."""


@dataclass(frozen=True)
class Agreement:
    """How far the marked regions of several heatmaps of one node of one image are the same.

    Attributes:
        overlap: mean intersection over union of all pairs, in [0, 1]. Regions of a fraction a of
            the image that lie at random have about a / (2 - a).
        over: what was another each time: "draws" of the search, or "views" of the image.
        heatmaps: how many were compared.
        area: fraction of the image that a marked region is.
    """

    overlap: float
    over: Literal["draws", "views"]
    heatmaps: int
    area: float

    @property
    def text(self) -> str:
        """The words beside a heatmap: agreement over draws 0.72."""
        return f"agreement over {self.over} {self.overlap:.2f}"


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
        cancelled: asked before every batch of passes.

    Raises:
        Cancelled: ``cancelled`` returned True.
    """
    reader = own_reader(model) if settings.reader else None
    is_read = reader is not None and reads(reader, [node]) and not settings.refine_steps
    if is_read and reader is not None:
        images = _views(x, reader, again)
    else:
        images = ((x, (0, 0)) for _ in range(again))
    maps = [torch.from_numpy(heatmap)]
    for number, (image, back) in enumerate(images, start=1):
        decoder = MDM(model, settings, temperature=temperature, draw=0 if is_read else number)
        own = decoder.attribute(image, node, valid_mask=valid_mask, cancelled=cancelled)
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
