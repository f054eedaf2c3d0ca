"""A heatmap that was computed once and kept, and which of a node's heatmaps is the best."""

from __future__ import annotations

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
_RANKS = ("draft", "", "standard", "full")  # "": made before tiers were noted, not in haste
_OPTIONAL = {"centre_insertion_auc", "centre_deletion_auc", "insertion", "deletion"}
_MEASURED = {field.name for field in fields(Faithfulness)}


@dataclass(frozen=True)
class GridPlacement:
    """Where the film lies in the square network grid: what maps a heatmap back to the film."""

    stored: tuple[int, int]
    """(H, W) of the film, pixels."""
    network: int
    """Side of the network's square, pixels."""
    resized: tuple[int, int]
    """(H, W) of the film inside the square."""
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
    nodes: dict[str, list[SavedExplanation]] = {}
    for one in sorted(saved, key=lambda one: one.created_at):
        nodes.setdefault(one.node, []).append(one)
    return tuple(max(of_node, key=_goodness) for of_node in reversed(nodes.values()))


def _goodness(saved: SavedExplanation) -> tuple[int, bool, datetime]:
    return _RANKS.index(saved.tier), not saved.is_of_earlier_settings, saved.created_at
