"""Learning the small masks: sizes × nodes in one graph through the frozen network."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.faithfulness import keep_and_remove
from dprotonet.explain.masks import enlarged, soft_masks
from dprotonet.explain.probe import Probe
from dprotonet.explain.settings import MDMSettings


@dataclass(frozen=True, eq=False)
class Learned:
    """The masks of all sizes, the best looked at of each, and why the search ended."""

    maps: Tensor  # (Q, M, S, S), one of M sizes
    scores: Tensor  # (Q, M), their keep-and-remove faithfulness
    stop_reason: str  # "steps", "converged" or "deadline"


class _Best:
    """The most faithful masks looked at so far, for every node on its own.

    A node whose masks gained nothing between two looks is done: what comes later for the sake of
    others does not touch it, so its map is the same alone and in company.
    """

    def __init__(self, patience: float) -> None:
        self.maps: Tensor | None = None
        self.scores = torch.empty(0)
        self.patience = patience

    def look(self, maps: Tensor, scores: Tensor) -> None:
        """Take what is better of ``(Q, M, S, S)`` maps with ``(Q, M)`` scores."""
        if self.maps is None:
            self.maps, self.scores = maps, scores
            self.going = torch.ones(len(maps), dtype=torch.bool, device=maps.device)
            return
        better = (scores > self.scores) & self.going[:, None]
        gained = (scores - self.scores).amax(dim=1) >= self.patience
        self.maps = torch.where(better[:, :, None, None], maps, self.maps)
        self.scores = torch.where(better, scores, self.scores)
        if self.patience > 0:
            self.going = self.going & gained

    @property
    def done(self) -> bool:
        """Whether no node gains any more."""
        return self.maps is not None and not bool(self.going.any())


def learn_masks(probe: Probe, settings: MDMSettings, generator: torch.Generator) -> Learned:
    """Learn one small mask for every size and node, all at once.

    Nothing but the masks is learned. Each size and node keeps the mask that was most faithful
    when looked at, not the one with the lowest loss: the loss goes on falling while a mask turns
    into an adversarial one. All nodes start from the same masks and see the same areas.
    """
    grids = [
        (0.1 * torch.randn(1, size, size, generator=generator))
        .to(probe.image)
        .repeat(len(probe.nodes), 1, 1)
        .requires_grad_(True)
        for size in settings.sizes
    ]
    adam = torch.optim.Adam(grids, lr=settings.learning_rate, eps=1e-12)
    looks = {
        max(1, round(settings.steps * (i + 1) / settings.snapshots))
        for i in range(settings.snapshots)
    }
    best, reason = _Best(settings.patience), "steps"
    for step in range(1, settings.steps + 1):
        adam.zero_grad(set_to_none=True)
        _add_gradients(probe, grids, settings, generator)
        adam.step()
        late = 0 < settings.deadline_s < probe.seconds
        if step in looks or late:
            maps = torch.stack([enlarged(grid.detach(), probe.size) for grid in grids], dim=1)
            best.look(maps, _scores(probe, maps, settings))
        if late or (best.done and step < settings.steps):
            reason = "deadline" if late else "converged"
            break
    if best.maps is None:
        raise ValueError("There is nothing to learn in no steps.")
    return Learned(best.maps, best.scores, reason)


def planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    """Forward and backward passes of a search that is not cut short."""
    masks = len(settings.sizes) * nodes
    sides = 2 if settings.objective == "keep_and_remove" else 1
    looks = settings.snapshots * masks * 2 * len(settings.merge_areas)
    return settings.steps * masks * sides + looks, settings.steps * masks * sides


def _add_gradients(
    probe: Probe, grids: list[Tensor], settings: MDMSettings, generator: torch.Generator
) -> None:
    """Add the gradient of one step to the grids, batch by batch."""
    nodes = torch.arange(len(probe.nodes)).repeat_interleave(len(grids))
    low, high = settings.areas
    areas = low + (high - low) * torch.rand(len(grids), generator=generator)
    areas = areas.repeat(len(probe.nodes))
    per_mask = 2 if settings.objective == "keep_and_remove" else 1
    for rows in torch.arange(len(nodes)).split(max(1, settings.batch // per_mask)):
        maps = torch.stack([enlarged(grid, probe.size) for grid in grids], dim=1).flatten(0, 1)
        maps, own = maps[rows], nodes[rows].to(probe.image.device)
        if settings.objective == "keep_and_remove":
            masks = soft_masks(maps, areas[rows].to(maps), settings.sharpness, probe.inside)
            values = probe.traced(torch.cat([masks, 1 - masks]))
            at = torch.arange(len(rows), device=values.device)
            kept, removed = values[at, own], values[at + len(rows), own]
            loss = ((removed - kept) / probe.span[own]).sum()
        else:
            masks = torch.sigmoid(maps)
            values = probe.traced(masks)
            at = torch.arange(len(rows), device=values.device)
            gap = (values[at, own] - probe.before[own]) / probe.span[own]
            mean = (masks if probe.inside is None else masks[:, probe.inside]).flatten(1).mean(1)
            loss = (settings.consistency_weight * gap**2 + mean).sum()
        loss.backward()
        probe.count(0, len(rows) * per_mask)


def _scores(probe: Probe, maps: Tensor, settings: MDMSettings) -> Tensor:
    nodes, sizes = maps.shape[:2]
    owners = [q for q in range(nodes) for _ in range(sizes)]
    flat = keep_and_remove(probe, maps.flatten(0, 1), owners, settings.merge_areas)
    return flat.reshape(nodes, sizes)
