"""Optimiser and learning rates: first of the new layers alone, then of all, by a schedule."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from training.recipe import Recipe

_PLATEAU_FACTOR = 0.3
_PLATEAU_EPOCHS = 1  # without a better validation loss after which the rates fall


class Plateau:
    """A factor on all rates that falls when the validation loss no longer does."""

    def __init__(self) -> None:
        self._rate = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        self._rule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self._rate, factor=_PLATEAU_FACTOR, patience=_PLATEAU_EPOCHS
        )

    @property
    def factor(self) -> float:
        """In (0, 1]."""
        return float(self._rate.param_groups[0]["lr"])

    def observe(self, loss: float) -> None:
        """Take note of an epoch's validation loss."""
        self._rule.step(loss)

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"factor": self.factor, "best": self._rule.best, "bad": self._rule.num_bad_epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._rate.param_groups[0]["lr"] = state["factor"]
        self._rule.best, self._rule.num_bad_epochs = state["best"], state["bad"]


def optimiser(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW with one rate for the backbone and another for the new layers."""
    named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    old = [p for name, p in named if name.startswith("backbone.")]
    new = [p for name, p in named if not name.startswith("backbone.")]
    groups = [{"params": old, "lr": recipe.lr_backbone}, {"params": new, "lr": recipe.lr_new}]
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)


def schedule(
    optimizer: torch.optim.Optimizer, recipe: Recipe, batches: int, plateau: Plateau
) -> torch.optim.lr_scheduler.LambdaLR:
    """Rates by batch: the backbone's is 0 in the warm epochs, then all follow the recipe.

    Args:
        batches: in an epoch.
        plateau: read at every batch under schedule "plateau".
    """
    warm, whole = recipe.warm_epochs * batches, recipe.epochs * batches

    def rate(batch: int) -> float:
        if recipe.schedule == "constant":
            return 1.0
        if recipe.schedule == "plateau":
            return plateau.factor
        done = min(1.0, max(0, batch - warm) / (whole - warm))
        return 0.5 * (1.0 + math.cos(math.pi * done))

    def backbone(batch: int) -> float:
        return rate(batch) if batch >= warm else 0.0

    return torch.optim.lr_scheduler.LambdaLR(optimizer, [backbone, rate])
