"""A heatmap that was computed once and kept, and which of a node's heatmaps is the best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args

from dprotonet.explain.explanation import Faithfulness
from dprotonet.explain.settings import TIERS

Tier = Literal["draft", "standard", "full"]
FIRST: Tier = "draft"
"""What a reader who waits is shown first."""
USUAL: Tier = "standard"
"""What a reader who asks for a map is shown in the end."""
FAR = 0.1
"""Of the image's diagonal: peaks that are further apart mark different places."""
FRAGILE = 0.2
"""A change of probability, when a random part is hidden, from which a prediction is fragile."""
_RANKS = ("draft", "", "standard", "full")  # "": made before tiers were noted, not in haste
_OPTIONAL = {"centre_insertion_auc", "centre_deletion_auc", "insertion", "deletion"}
_MEASURED = {field.name for field in fields(Faithfulness)}


@dataclass(frozen=True)
class GridPlacement:
    """Where the image lies in the square network grid: what maps a heatmap back to the image."""

    stored: tuple[int, int]
    """(H, W) of the image, pixels."""
    network: int
    """Side of the network's square, pixels."""
    resized: tuple[int, int]
    """(H, W) of the image inside the square."""
    offset: tuple[int, int]
    """(row, column) of its upper left corner."""


@dataclass(frozen=True)
class SavedExplanation:
    """One node's heatmap of one frame, with what it cost and how faithful it is."""

    explanation_id: str
    case_id: str
    frame: int
    pixel_sha256: str
    model: str
    node: str
    """Canonical: class:NAME, prototype:ID or vector:ID."""
    tier: Tier | Literal[""]
    """What was asked for when it was made; empty where that was not noted yet."""
    settings_digest: str
    seed: int
    raw_range: tuple[float, float]
    value_before: float
    value_after: float
    passes_forward: int
    passes_backward: int
    seconds: float
    measuring_seconds: float
    """Of the seconds, those that measured the faithfulness; 0 where that was not told apart."""
    stop_reason: str
    faithfulness: Mapping[str, Any]
    """``Faithfulness.to_json``; older ones lack the centre's figures."""
    placement: GridPlacement
    heatmap_key: str
    """Blob: (S, S) float32 .npy on the network grid, in [0, 1]."""
    created_at: datetime
    peak: tuple[float, float] | None = None
    """Where the map marks most: shares of the image's height and width; None where it was not
    noted."""
    outside_body: float | None = None
    """The map's share beside the body, in [0, 1]; None where that was not or cannot be measured."""

    @property
    def is_draft(self) -> bool:
        """A first map, made in haste."""
        return self.tier == FIRST

    @property
    def is_of_earlier_settings(self) -> bool:
        """Was it made with settings that are not in use any more?"""
        return not tier_of(self.settings_digest)

    @property
    def measured(self) -> Faithfulness | None:
        """How far it can be believed; None where not all of that was measured."""
        known = {name: value for name, value in self.faithfulness.items() if name in _MEASURED}
        return Faithfulness.from_json(known) if known.keys() >= _MEASURED - _OPTIONAL else None

    @property
    def is_fragile(self) -> bool:
        """Does a class's probability change much when a random part of the image is hidden?"""
        found = self.measured
        if found is None or not self.node.startswith("class:"):
            return False
        return abs(self.value_before - found.random_hidden_value) >= FRAGILE

    def peaks_elsewhere(self, other: SavedExplanation) -> bool:
        """Do the peaks of two maps of one image lie far apart? No, where one was not noted."""
        if self.peak is None or other.peak is None:
            return False
        rows, columns = self.placement.resized
        down = (self.peak[0] - other.peak[0]) * rows
        across = (self.peak[1] - other.peak[1]) * columns
        return math.hypot(down, across) > FAR * math.hypot(rows, columns)


def tier_of(settings_digest: str) -> Tier | Literal[""]:
    """The tier whose settings these are today; empty where it is none."""
    for tier in get_args(Tier):
        if TIERS[tier].digest == settings_digest:
            return tier
    return ""


def at_least(tier: Tier) -> tuple[Tier, ...]:
    """This tier and the better ones, the best first."""
    tiers: tuple[Tier, ...] = get_args(Tier)
    return tuple(reversed(tiers[tiers.index(tier) :]))


def best_of_each_node(saved: Iterable[SavedExplanation]) -> tuple[SavedExplanation, ...]:
    """The best map of every node; the node that was asked for last comes first.

    A better map takes the place of the one before it, so that a list does not move.
    """
    return tuple(max(of_node, key=_goodness) for of_node in _by_node(saved))


@dataclass(frozen=True)
class OfferedHeatmap:
    """A map that a reader may look at."""

    saved: SavedExplanation
    is_superseded: bool = False
    """A first map, beside the better one that has its peak elsewhere."""
    is_unsettled: bool = False
    """Another map of this node, which is offered too, has its peak elsewhere."""

    @property
    def heatmap_id(self) -> str:
        """The node's name for its best map: a better one then takes the place of the one before."""
        return f"{self.saved.node}@first" if self.is_superseded else self.saved.node


def offered(saved: Iterable[SavedExplanation]) -> tuple[OfferedHeatmap, ...]:
    """The best map of every node, as :func:`best_of_each_node`; behind it the first map, where the
    better one peaks elsewhere, so that neither is taken for settled."""
    found: list[OfferedHeatmap] = []
    for of_node in _by_node(saved):
        best = max(of_node, key=_goodness)
        first = max((one for one in of_node if one.is_draft), key=_goodness, default=best)
        moved = best.peaks_elsewhere(first)
        found.append(OfferedHeatmap(best, is_unsettled=moved))
        if moved:
            found.append(OfferedHeatmap(first, is_superseded=True, is_unsettled=True))
    return tuple(found)


def _by_node(saved: Iterable[SavedExplanation]) -> list[list[SavedExplanation]]:
    """The maps of each node, oldest first; the node that was asked for last comes first."""
    nodes: dict[str, list[SavedExplanation]] = {}
    for one in sorted(saved, key=lambda one: one.created_at):
        nodes.setdefault(one.node, []).append(one)
    return list(reversed(nodes.values()))


def _goodness(saved: SavedExplanation) -> tuple[int, bool, datetime]:
    return _RANKS.index(saved.tier), not saved.is_of_earlier_settings, saved.created_at
