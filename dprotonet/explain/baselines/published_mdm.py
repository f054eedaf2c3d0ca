"""The published search (arXiv 2207.08046): masks that keep the node's value and stay small.

``L = weight · ((a(x ⊙ m) − a(x)) / span)² + mean(m)``, one mask for each size on its own, merged
by votes. It is here to be compared with the decoder. Its known defects are corrected: every size is
learned at its own size, the mask is bounded, the network is in eval mode, the consistency is
relative to the span between image and fill. The loss goes on falling while a mask turns into an
adversarial one, so the masks are scored a few times and the most faithful are kept.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.baselines.baseline import Baseline
from dprotonet.explain.faithfulness import keep_and_remove
from dprotonet.explain.masking.heatmap import voted
from dprotonet.explain.masking.masks import enlarged
from dprotonet.explain.masking.probe import Probe, check_gradients


@dataclass(frozen=True)
class Published:
    """Its own settings, used in place of the caller's."""

    sizes: tuple[int, ...] = (5, 7, 10)
    steps: int = 30
    learning_rate: float = 0.15  # of Adam
    consistency_weight: float = 4.0  # of the consistency term beside the mask's mean
    fill: str = "mean"
    scale: str = "logit"  # of class nodes
    looks: int = 3  # how often the masks are scored during the search
    look_areas: tuple[float, ...] = (0.15, 0.4)  # fractions kept and removed to score them


PUBLISHED = Published()


class PublishedMDM(Baseline):
    """The published search, with :data:`PUBLISHED` settings."""

    name = "mdm-published"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """Of the search and of scoring its masks."""
        masks = len(PUBLISHED.sizes) * nodes
        learned = PUBLISHED.steps * masks
        return learned + PUBLISHED.looks * masks * 2 * len(PUBLISHED.look_areas) + 1, learned

    def raw(self, probe: Probe) -> Tensor:
        """The merged masks ``(Q, S, S)`` of one image's nodes."""
        probe.need_gradient()
        own = probe.under((PUBLISHED.fill,), PUBLISHED.scale)
        nodes, sizes = len(own.nodes), PUBLISHED.sizes
        grids = [
            (0.1 * torch.randn(1, size, size, generator=own.generator))
            .to(own.image)
            .repeat(nodes, 1, 1)
            .requires_grad_(True)
            for size in sizes
        ]
        best = _learn(own, grids).reshape(nodes, len(sizes), own.size, own.size)
        return torch.stack([voted(masks.sigmoid(), own.valid_mask) for masks in best])


def _learn(probe: Probe, grids: list[Tensor]) -> Tensor:
    """The best of the masks ``(Q · M, S, S)``, as logits, each as it scored best."""
    nodes, sizes = len(probe.nodes), len(grids)
    owners = [q for q in range(nodes) for _ in range(sizes)]
    adam = torch.optim.Adam(grids, lr=PUBLISHED.learning_rate, eps=1e-12)
    looks = {round(PUBLISHED.steps * (i + 1) / PUBLISHED.looks) for i in range(PUBLISHED.looks)}
    best, best_scores = _enlarged(grids, probe.size), torch.full((nodes * sizes,), -torch.inf)
    for step in range(1, PUBLISHED.steps + 1):
        adam.zero_grad(set_to_none=True)
        _add_gradients(probe, grids)
        check_gradients(grids)
        adam.step()
        if step in looks:
            masks = _enlarged(grids, probe.size)
            scores = keep_and_remove(probe, masks, owners, PUBLISHED.look_areas).cpu()
            better = (scores > best_scores).to(masks.device)
            best = torch.where(better[:, None, None], masks, best)
            best_scores = torch.maximum(scores, best_scores)
    return best


def _enlarged(grids: list[Tensor], size: int) -> Tensor:
    """``(Q · M, S, S)``, all sizes of a node beside each other."""
    return torch.stack([enlarged(grid.detach(), size) for grid in grids], dim=1).flatten(0, 1)


def _add_gradients(probe: Probe, grids: list[Tensor]) -> None:
    nodes = torch.arange(len(probe.nodes)).repeat_interleave(len(grids))
    for rows in torch.arange(len(nodes)).split(probe.batch):
        logits = torch.stack([enlarged(grid, probe.size) for grid in grids], dim=1).flatten(0, 1)
        own = nodes[rows].to(probe.image.device)
        masks = torch.sigmoid(logits[rows])
        values = probe.traced(masks)[torch.arange(len(rows), device=own.device), own]
        gap = (values - probe.before[own]) / probe.span[own]
        mean = (
            (masks if probe.valid_mask is None else masks[:, probe.valid_mask]).flatten(1).mean(1)
        )
        (PUBLISHED.consistency_weight * gap**2 + mean).sum().backward(inputs=grids)
        probe.work.count(0, len(rows))
