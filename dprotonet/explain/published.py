"""The published search (arXiv 2207.08046): masks that keep the node's value and stay small.

``L = weight · ((a(x ⊙ m) − a(x)) / span)² + mean(m)``, one mask for each size on its own, merged
by votes. It is kept beside the decoder's own objective to be compared with it. The loss goes on
falling while a mask turns into an adversarial one, so the most faithful of a few looks is kept.
"""

import torch
from torch import Tensor

from dprotonet.explain.faithfulness import keep_and_remove
from dprotonet.explain.heat import voted
from dprotonet.explain.masks import enlarged
from dprotonet.explain.probe import Probe
from dprotonet.explain.settings import MDMSettings

LOOKS = 3
LOOK_AREAS = (0.15, 0.4)  # kept and removed shares at a look


def search(probe: Probe, settings: MDMSettings, generator: torch.Generator) -> Tensor:
    """The merged maps ``(Q, S, S)`` of one image's nodes."""
    nodes, sizes = len(probe.nodes), settings.sizes
    grids = [
        (0.1 * torch.randn(1, size, size, generator=generator))
        .to(probe.image)
        .repeat(nodes, 1, 1)
        .requires_grad_(True)
        for size in sizes
    ]
    adam = torch.optim.Adam(grids, lr=settings.learning_rate, eps=1e-12)
    looks = {max(1, round(settings.steps * (i + 1) / LOOKS)) for i in range(LOOKS)}
    best, scores = _maps(grids, probe.size), torch.full((nodes * len(sizes),), -torch.inf)
    for step in range(1, settings.steps + 1):
        adam.zero_grad(set_to_none=True)
        _add_gradients(probe, grids, settings)
        adam.step()
        if step in looks:
            maps = _maps(grids, probe.size)
            found = keep_and_remove(probe, maps, _owners(nodes, len(sizes)), LOOK_AREAS).cpu()
            better = (found > scores).to(maps.device)
            best = torch.where(better[:, None, None], maps, best)
            scores = torch.maximum(found, scores)
    of_node = best.reshape(nodes, len(sizes), probe.size, probe.size)
    return torch.stack([voted(one.sigmoid(), probe.inside) for one in of_node])


def planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    """Passes forward and backward of :func:`search`."""
    masks = len(settings.sizes) * nodes
    return settings.steps * masks + LOOKS * masks * 2 * len(LOOK_AREAS), settings.steps * masks


def _owners(nodes: int, sizes: int) -> list[int]:
    return [q for q in range(nodes) for _ in range(sizes)]


def _maps(grids: list[Tensor], size: int) -> Tensor:
    """``(Q · M, S, S)``, all sizes of a node beside each other."""
    return torch.stack([enlarged(grid.detach(), size) for grid in grids], dim=1).flatten(0, 1)


def _add_gradients(probe: Probe, grids: list[Tensor], settings: MDMSettings) -> None:
    nodes = torch.arange(len(probe.nodes)).repeat_interleave(len(grids))
    for rows in torch.arange(len(nodes)).split(probe.batch):
        maps = torch.stack([enlarged(grid, probe.size) for grid in grids], dim=1).flatten(0, 1)
        own = nodes[rows].to(probe.image.device)
        masks = torch.sigmoid(maps[rows])
        values = probe.traced(masks)[torch.arange(len(rows), device=own.device), own]
        gap = (values - probe.before[own]) / probe.span[own]
        mean = (masks if probe.inside is None else masks[:, probe.inside]).flatten(1).mean(1)
        (settings.consistency_weight * gap**2 + mean).sum().backward()
        probe.count(0, len(rows))
