"""The published search (arXiv 2207.08046): masks that keep the node's value and stay small.

``L = weight · ((a(x ⊙ m) − a(x)) / span)² + mean(m)``, one mask for each size on its own, merged
by votes. It is here to be compared with the decoder. Its known defects are mended: every size is
learned at its own size, the mask is bounded, the network is in eval mode, the consistency is
relative to the span between image and fill. The loss goes on falling while a mask turns into an
adversarial one, so the most faithful of a few looks is kept.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.faithfulness import keep_and_remove
from dprotonet.explain.masking.heatmap import voted
from dprotonet.explain.masking.masks import enlarged
from dprotonet.explain.masking.probe import Probe, check_gradients


@dataclass(frozen=True)
class Published:
    """Its settings, which hold whatever a caller's are."""

    sizes: tuple[int, ...] = (5, 7, 10)
    steps: int = 30
    learning_rate: float = 0.15  # of Adam
    consistency_weight: float = 4.0  # of the consistency term beside the mask's mean
    fill: str = "mean"
    scale: str = "logit"  # of class nodes
    looks: int = 3
    look_areas: tuple[float, ...] = (0.15, 0.4)  # kept and removed shares at a look


PUBLISHED = Published()


def search(probe: Probe, generator: torch.Generator) -> Tensor:
    """The merged maps ``(Q, S, S)`` of one image's nodes."""
    probe.need_gradient()
    own = probe.under((PUBLISHED.fill,), PUBLISHED.scale)
    nodes, sizes = len(own.nodes), PUBLISHED.sizes
    grids = [
        (0.1 * torch.randn(1, size, size, generator=generator))
        .to(own.image)
        .repeat(nodes, 1, 1)
        .requires_grad_(True)
        for size in sizes
    ]
    adam = torch.optim.Adam(grids, lr=PUBLISHED.learning_rate, eps=1e-12)
    looks = {round(PUBLISHED.steps * (i + 1) / PUBLISHED.looks) for i in range(PUBLISHED.looks)}
    best, scores = _maps(grids, own.size), torch.full((nodes * len(sizes),), -torch.inf)
    for step in range(1, PUBLISHED.steps + 1):
        adam.zero_grad(set_to_none=True)
        _add_gradients(own, grids)
        check_gradients(grids)
        adam.step()
        if step in looks:
            maps = _maps(grids, own.size)
            found = keep_and_remove(
                own, maps, _owners(nodes, len(sizes)), PUBLISHED.look_areas
            ).cpu()
            better = (found > scores).to(maps.device)
            best = torch.where(better[:, None, None], maps, best)
            scores = torch.maximum(found, scores)
    of_node = best.reshape(nodes, len(sizes), own.size, own.size)
    return torch.stack([voted(one.sigmoid(), own.valid_mask) for one in of_node])


def passes(nodes: int) -> tuple[int, int]:
    """Passes forward and backward of :func:`search`."""
    masks = len(PUBLISHED.sizes) * nodes
    learned = PUBLISHED.steps * masks
    return learned + PUBLISHED.looks * masks * 2 * len(PUBLISHED.look_areas) + 1, learned


def _owners(nodes: int, sizes: int) -> list[int]:
    return [q for q in range(nodes) for _ in range(sizes)]


def _maps(grids: list[Tensor], size: int) -> Tensor:
    """``(Q · M, S, S)``, all sizes of a node beside each other."""
    return torch.stack([enlarged(grid.detach(), size) for grid in grids], dim=1).flatten(0, 1)


def _add_gradients(probe: Probe, grids: list[Tensor]) -> None:
    nodes = torch.arange(len(probe.nodes)).repeat_interleave(len(grids))
    for rows in torch.arange(len(nodes)).split(probe.batch):
        maps = torch.stack([enlarged(grid, probe.size) for grid in grids], dim=1).flatten(0, 1)
        own = nodes[rows].to(probe.image.device)
        masks = torch.sigmoid(maps[rows])
        values = probe.traced(masks)[torch.arange(len(rows), device=own.device), own]
        gap = (values - probe.before[own]) / probe.span[own]
        mean = (
            (masks if probe.valid_mask is None else masks[:, probe.valid_mask]).flatten(1).mean(1)
        )
        (PUBLISHED.consistency_weight * gap**2 + mean).sum().backward(inputs=grids)
        probe.work.count(0, len(rows))
