"""What an explanation is, whichever method made it, and how far it can be trusted. No torch.

What a method computes, tensors on its device, is an
:class:`~dprotonet.explain.attribution.Attribution`. It stands in a module of its own because it
needs torch: pages and the store read explanations without it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

import numpy as np

from dprotonet.modeling.placement import GridPlacement


@dataclass(frozen=True)
class Faithfulness:
    """Figures of one heatmap for one node, in the node's own values.

    ``insertion`` and ``deletion`` are the curves at fractions 0, 1/steps, … 1 of the image.
    """

    insertion_auc: float
    deletion_auc: float
    random_insertion_auc: float
    random_deletion_auc: float
    hidden_value: float  # the node's value where the marked region shows the fill
    random_hidden_value: float  # where a random region of equal area does; mean of several
    kept_value: float  # where the marked region alone shows the image
    area: float  # the marked region's fraction of the image
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

    def surpasses(self, other: "Faithfulness") -> bool:
        """Whether this is the more faithful of two heatmaps, by the score.

        Curves of few points have another area than the same curves of many, so that of two which
        differ in their steps the finer one is read at the steps of the coarser.
        """
        steps = min(self.steps, other.steps)
        return self._score_at(steps) > other._score_at(steps)

    def _score_at(self, steps: int) -> float:
        """The score with fewer points; as it is where the curves were not saved."""
        if steps == self.steps or not self.insertion or not self.deletion:
            return self.score
        return _area_under(self.insertion, steps) - _area_under(self.deletion, steps)

    @property
    def sufficient_area(self) -> float | None:
        """The smallest fraction of the image whose insertion reaches half of the node's rise from
        fill to image, between the curve's points on a straight line; None if none does, or where
        the image does not raise the node's value."""
        curve = self.insertion
        if len(curve) < 2 or curve[-1] <= curve[0]:
            return None
        half = (curve[0] + curve[-1]) / 2
        at = next(i for i, value in enumerate(curve) if value >= half)
        part = (half - curve[at - 1]) / (curve[at] - curve[at - 1])
        return (at - 1 + part) / (len(curve) - 1)

    @property
    def beats_random(self) -> bool:
        """Whether the heatmap is better than a random order."""
        return self.score > self.random_insertion_auc - self.random_deletion_auc

    @property
    def beats_centre(self) -> bool | None:
        """Whether the heatmap is better than a centred Gaussian, which sees no network; None where
        that was not measured."""
        if self.centre_insertion_auc is None or self.centre_deletion_auc is None:
            return None
        return self.score > self.centre_insertion_auc - self.centre_deletion_auc

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of :meth:`to_json`."""
        curves = {name: tuple(data.get(name, ())) for name in ("insertion", "deletion")}
        return cls(**{**data, **curves})

    @classmethod
    def from_saved(cls, data: Mapping[str, Any]) -> Self | None:
        """Read what this or another version of the program saved.

        Args:
            data: by the names of the fields; names that are unknown here are left out.

        Returns:
            None where not all was measured. Curves and the centre's figures may be missing: they
            were not saved at first.
        """
        known = {field.name for field in fields(cls)}
        read = {name: value for name, value in data.items() if name in known}
        return cls.from_json(read) if read.keys() >= known - _ADDED_LATER else None


_ADDED_LATER = {"centre_insertion_auc", "centre_deletion_auc", "insertion", "deletion"}


def _area_under(curve: tuple[float, ...], steps: int) -> float:
    """Of an evenly spaced curve, read at ``steps`` + 1 points."""
    at = np.linspace(0, 1, steps + 1)
    values = np.interp(at, np.linspace(0, 1, len(curve)), curve)
    return float((values[1:] + values[:-1]).mean() / 2)


LEAST_OVERLAP = 1 / 3
"""Regions of which half is the same. Those that lie at random, a fifth of the image each, have
0.11; :attr:`Agreement.is_low` says more."""


@dataclass(frozen=True)
class Agreement:
    """How far the marked regions of several heatmaps of one node of one image are the same.

    Attributes:
        overlap: mean intersection over union of all pairs, in [0, 1].
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

    @property
    def chance(self) -> float:
        """About the overlap of regions of this area that lie at random, in [0, 1]."""
        return self.area / (2 - self.area)

    @property
    def is_low(self) -> bool:
        """Whether less than half of what one heatmap marks is marked by the next, on average.

        Chance is far below that: three smooth random heatmaps whose marked regions are a fifth of
        the image overlap by 0.12 on average, and by more than 0.21 in 1 of 100 draws (those of
        :func:`dprotonet.explain.masking.masks.smooth_noise`).
        """
        return self.overlap < LEAST_OVERLAP

    @classmethod
    def from_saved(cls, data: Mapping[str, Any] | None) -> Self | None:
        """Read what this or another version of the program saved; None where nothing is."""
        known = {field.name for field in fields(cls)}
        read = {name: value for name, value in (data or {}).items() if name in known}
        return cls(**read) if read.keys() == known else None


READER = "mask reader"
"""Drawn in one pass by the network's mask reader."""

VIEWED = "mask reader, over views"
"""The same, as the mean over views of the image, moved by whole cells of its grid."""

REFINED = "mask reader, refined"
"""Drawn by the mask reader, and moved by a few steps of small grids on the image."""

SEARCH = "search"
"""Drawn by steps on the image, as it was asked for."""

NO_READER = "search, for want of a mask reader"
"""A mask reader was asked for, but the network has none, or none for such a node."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """What is known of one node's heatmap, wherever the heatmap itself lies.

    Passes and seconds are those of the call that made it; a call may have explained several nodes
    (``nodes_in_call``), which share passes forward. What measuring the faithfulness took is among
    them, and is given separately too.
    """

    node: str  # canonical text, such as "class:effusion"
    raw_range: tuple[float, float]  # of the attribution before it became a heatmap in [0, 1]
    value_before: float  # the node's value for the image
    value_after: float  # for the image under the heatmap as a mask
    passes_forward: int  # images
    passes_backward: int  # images
    seconds: float
    stop_reason: str  # "steps", "converged", "deadline", or "done" where nothing is searched
    settings_digest: str
    seed: int
    faithfulness: Faithfulness | None  # None in what was saved before it was measured
    method: str = "mdm"  # a name out of dprotonet.names.METHODS
    precision: str = ""  # of the search, values are always float32; "" where it was not saved
    nodes_in_call: int = 1
    measuring_passes: int = 0  # of the passes forward, those that measured the faithfulness
    measuring_seconds: float = 0.0  # of the seconds; 0 in what was saved before it was known
    placement: GridPlacement | None = None  # where the image lies on the network grid, if known
    peak: tuple[float, float] | None = None  # fractions of the image's height and width, if known
    outside_body: float | None = None  # the fraction of the heatmap beside the body, if known
    drawn_by: str = ""  # of MDM: one of the constants above; "" of others, and where unknown
    agreement: Agreement | None = None  # None where the heatmap was not made again

    @property
    def area(self) -> float | None:
        """The smallest fraction of the image that, shown alone, brings the node halfway from its
        value for the fill to that for the image, read off the insertion curve; None if none does.
        """
        return self.faithfulness.sufficient_area if self.faithfulness else None

    @property
    def facts(self) -> dict[str, Any]:
        """All of these fields by name, to hand them on as they are."""
        return {field.name: getattr(self, field.name) for field in fields(Facts)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation(Facts):
    """One node's heatmap and all that is needed to evaluate it.

    The heatmap is that of the network. :func:`dprotonet.explain.image.on_native_grid` brings it to
    the image's own pixels, where somebody wants to see it there.
    """

    faithfulness: Faithfulness
    heatmap: np.ndarray  # (S, S) float32 in [0, 1] on the network grid; 0 in the padding

    def __post_init__(self) -> None:
        """Check shape, type and range."""
        if self.heatmap.ndim != 2 or self.heatmap.dtype != np.float32:
            raise ValueError("A heatmap is float32 (S, S).")
        if not ((self.heatmap >= 0) & (self.heatmap <= 1)).all():
            raise ValueError("A heatmap has finite values in [0, 1].")

    def to_json(self) -> dict[str, object]:
        """Everything but the heatmap, as plain values for JSON."""
        return {
            "node": self.node,
            "method": self.method,
            "drawn_by": self.drawn_by,
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
