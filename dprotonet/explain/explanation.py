"""What an explanation is, whichever method made it, and how far it can be believed. No torch."""

from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Faithfulness:
    """Figures of one heatmap for one node, in the node's own values.

    ``insertion`` and ``deletion`` are the curves at shares 0, 1/steps, … 1 of the image.
    """

    insertion_auc: float
    deletion_auc: float
    random_insertion_auc: float
    random_deletion_auc: float
    hidden_value: float  # the marked region shows the fill
    random_hidden_value: float  # an equal random region does; mean of several regions
    kept_value: float  # only the marked region shows the image
    area: float  # the marked region's share of the image
    steps: int
    fill: str
    centre_insertion_auc: float | None = None  # None in what was saved before it was measured
    centre_deletion_auc: float | None = None
    insertion: tuple[float, ...] = ()
    deletion: tuple[float, ...] = ()

    @property
    def score(self) -> float:
        """Insertion minus deletion area: the higher, the more faithful."""
        return self.insertion_auc - self.deletion_auc

    @property
    def sufficient_area(self) -> float | None:
        """The smallest share of the image whose insertion reaches half of the node's rise from fill
        to image, between the curve's points on a straight line; None if none does, or where the
        image raises the node by nothing."""
        curve = self.insertion
        if len(curve) < 2 or curve[-1] <= curve[0]:
            return None
        half = (curve[0] + curve[-1]) / 2
        at = next(i for i, value in enumerate(curve) if value >= half)
        share = (half - curve[at - 1]) / (curve[at] - curve[at - 1])
        return (at - 1 + share) / (len(curve) - 1)

    @property
    def beats_random(self) -> bool:
        """Whether the map is better than the random order."""
        return self.score > self.random_insertion_auc - self.random_deletion_auc

    @property
    def beats_centre(self) -> bool | None:
        """Whether the map is better than a Gaussian in the middle that sees no network; None where
        that was not measured."""
        if self.centre_insertion_auc is None or self.centre_deletion_auc is None:
            return None
        return self.score > self.centre_insertion_auc - self.centre_deletion_auc

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict) -> "Faithfulness":
        """The reverse of :meth:`to_json`."""
        curves = {name: tuple(data.get(name, ())) for name in ("insertion", "deletion")}
        return cls(**{**data, **curves})


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """What is known of one node's map, wherever the map itself lies.

    Passes and seconds are those of the call that made it; a call may have explained several nodes
    (``nodes_in_call``), which share passes forward. What measuring the faithfulness took is among
    them, and is told apart too.
    """

    node: str  # canonical text, such as "class:effusion"
    raw_range: tuple[float, float]  # of the map before it became a heatmap in [0, 1]
    value_before: float  # the node's value for the image
    value_after: float  # for the image under the heatmap as a mask
    passes_forward: int  # images
    passes_backward: int  # images
    seconds: float
    stop_reason: str  # "steps", "converged", "deadline", or "done" where nothing is searched
    settings_digest: str
    seed: int
    faithfulness: Faithfulness
    method: str = "mdm"
    precision: str = "float32"  # of the search; values are always float32
    nodes_in_call: int = 1
    measuring_passes: int = 0  # of the passes forward, those that measured the faithfulness
    measuring_seconds: float = 0.0  # of the seconds

    @property
    def area(self) -> float | None:
        """The smallest share of the image that, shown alone, brings the node halfway from its value
        for the fill to that for the image, read off the insertion curve; None if none does."""
        return self.faithfulness.sufficient_area


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation(Facts):
    """One node's heatmap and all that is needed to judge it."""

    heatmap: np.ndarray  # (S, S) float32 in [0, 1] on the network's grid; 0 in the padding

    def __post_init__(self) -> None:
        """Hold what the rest relies on."""
        if self.heatmap.ndim != 2 or self.heatmap.dtype != np.float32:
            raise ValueError("A heatmap is float32 (S, S).")
        if not (np.isfinite(self.heatmap).all() and 0 <= self.heatmap.min() <= self.heatmap.max()):
            raise ValueError("A heatmap has finite values in [0, 1].")

    def to_json(self) -> dict[str, object]:
        """Everything but the heatmap, as plain values for JSON."""
        return {
            "node": self.node,
            "method": self.method,
            "raw_range": list(self.raw_range),
            "value_before": self.value_before,
            "value_after": self.value_after,
            "area": self.area,
            "passes_forward": self.passes_forward,
            "passes_backward": self.passes_backward,
            "nodes_in_call": self.nodes_in_call,
            "seconds": round(self.seconds, 4),
            "measuring_passes": self.measuring_passes,
            "measuring_seconds": round(self.measuring_seconds, 4),
            "stop_reason": self.stop_reason,
            "settings_digest": self.settings_digest,
            "precision": self.precision,
            "seed": self.seed,
            "faithfulness": self.faithfulness.to_json(),
        }
