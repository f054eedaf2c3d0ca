"""The heatmap method that an evaluation's slow parts use, with its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.explain.explanation import Explanation
    from dprotonet.explain.nodes import Node
    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.model import DProtoNet


@dataclass(frozen=True)
class HeatmapMethod:
    """A heatmap method with its settings.

    Attributes:
        name: a name out of ``dprotonet.names.METHODS``.
        tier: a name out of ``dprotonet.names.TIERS``.
        class_scale: of class nodes; None for the tier's.
        seed: of the masks.
    """

    name: str = "mdm"
    tier: str = "standard"
    class_scale: str | None = None
    seed: int = 0

    def explain(
        self,
        predictor: Predictor,
        x: Tensor,
        valid_mask: Tensor,
        nodes: Sequence[Node],
        *,
        model: DProtoNet | None = None,
    ) -> list[Explanation]:
        """One explanation for each node.

        Args:
            x: ``(3, S, S)`` normalised.
            valid_mask: ``(S, S)`` bool, False in the padding.
            model: to explain instead of the predictor's, on any device.
        """
        from dprotonet.explain.baselines.registry import METHODS
        from dprotonet.explain.settings import TIERS

        settings = TIERS[self.tier]
        if self.class_scale is not None:
            settings = replace(settings, class_scale=self.class_scale)
        network = predictor.model if model is None else model
        return METHODS[self.name](
            network,
            x.to(next(network.parameters()).device),
            nodes,
            settings=settings,
            temperature=predictor.bundle.temperature,
            valid_mask=valid_mask,
            seed=self.seed,
        )
