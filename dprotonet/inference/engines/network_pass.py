"""What a pass of the network that predicts gives, and what every engine offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, eq=False)
class NetworkPass:
    """The results of N images.

    Attributes:
        logits: ``(N, K)``, as the network gives them.
        similarities: ``(N, P)``; P is 0 of a classifier without prototypes.
        masks: ``(N, P, h, w)``.
        features: ``(N, F)`` that the gate's distance is measured on; None without one.
        watched: what modules that were asked for gave, by name.
    """

    logits: Tensor
    similarities: Tensor
    masks: Tensor
    features: Tensor | None = None
    watched: Mapping[str, Tensor] = field(default_factory=dict)


class Engine(Protocol):
    """Runs the network that predicts."""

    name: str

    def run(self, images: Tensor, watch: Sequence[str] = ()) -> NetworkPass:
        """Pass ``(N, 3, S, S)`` normalised images.

        Args:
            images: on the engine's device.
            watch: modules inside the network whose outputs are wanted too.
        """
