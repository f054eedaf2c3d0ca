"""Which epoch is the best on validation, and when to stop waiting for a better one."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

from training.recipe import Recipe


class BestEpoch:
    """The best epoch so far, saved with the checkpoint."""

    def __init__(self) -> None:
        self.score: tuple[float, float] = (-math.inf, -math.inf)
        self.weights: dict[str, Tensor] = {}
        self.history: list[dict[str, Any]] = []

    def observe(self, network: nn.Module) -> None:
        """Keep the network's weights if the latest epoch of the history is the best.

        Where prototypes are projected in training, epochs without a projection do not count: what
        is kept has prototypes that are training patches.
        """
        latest = self.history[-1]
        if not latest.get("projected", True):
            return
        score = validation_score(latest["auroc"], latest["log_loss"])
        if score > self.score:
            state = network.state_dict()
            self.score = score
            self.weights = {key: value.detach().clone() for key, value in state.items()}

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"score": self.score, "weights": self.weights, "history": self.history}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.score, self.weights = tuple(state["score"]), state["weights"]
        self.history = state["history"]


def best_epoch(history: list[dict[str, Any]]) -> int:
    """The epoch whose weights training leaves in the network."""
    counted = [epoch for epoch in history if epoch.get("projected", True)]
    return int(max(counted, key=lambda e: validation_score(e["auroc"], e["log_loss"]))["epoch"])


def is_over(history: list[dict[str, Any]], recipe: Recipe) -> bool:
    """Whether so many joint epochs have passed since the best one as the recipe allows; where
    prototypes are projected in training, so many projections (ProtoPNeXt, Willard et al. 2024)."""
    if any("projected" in epoch for epoch in history):
        projected = [epoch for epoch in history if epoch["projected"]]
        if not recipe.project_patience or not projected:
            return False
        since = sum(epoch["epoch"] > best_epoch(history) for epoch in projected)
        return bool(since >= recipe.project_patience)
    if not recipe.patience or not history:
        return False
    since = history[-1]["epoch"] - max(best_epoch(history), recipe.warm_epochs)
    return bool(since >= recipe.patience)


def validation_score(area: float | None, loss: float) -> tuple[float, float]:
    """By AUROC to three digits, then by log-loss; without AUROC (one class only) by log-loss."""
    return (-1.0 if area is None else round(area, 3), -loss)
