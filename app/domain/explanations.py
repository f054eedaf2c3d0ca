"""A heatmap that was computed once and kept, and which of a node's heatmaps leads."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from dprotonet.explain.explanation import Facts
from dprotonet.explain.settings import TIERS
from dprotonet.modeling.placement import GridPlacement

Tier = Literal["instant", "draft", "standard", "full"]
MEASURED: Tier = "instant"
"""What a reader asks for who wants the mask reader's own map measured."""
FIRST: Tier = "draft"
"""What a reader who waits sees first."""
USUAL: Tier = "standard"
"""What a reader who asks for a heatmap sees in the end."""
FAR = 0.1
"""Fraction of the image's diagonal: peaks that are further apart mark different positions."""
FRAGILE = 0.2
"""A change of a class's probability, when a random part of the image is hidden, from which a
prediction is fragile. It is so too where the class is called before and not after, or the other way
round, and where less than half is left of a probability of at least this."""
LEAST_CHANGE = 0.05
"""A change of probability below this is no news, even where it crosses the threshold: a probability
beside its threshold is unsettled without anything hidden."""
_RANKS = (
    "instant",
    "draft",
    "",
    "standard",
    "full",
)  # "": made before tiers were saved, by no draft


@dataclass(frozen=True, kw_only=True)
class SavedExplanation(Facts):
    """An explanation in the store: what is known of it, and where its heatmap lies.

    ``faithfulness``, ``agreement``, ``peak`` and ``outside_body`` are None where they were not or
    could not be measured; ``precision`` and the passes that measured it are not kept.
    """

    explanation_id: str
    case_id: str
    frame: int
    pixel_sha256: str
    model: str
    """Digest of the bundle."""
    tier: Tier | Literal[""]
    """The tier that was asked for; empty where that was not saved yet."""
    heatmap_key: str
    """Of the blob: (S, S) float32 .npy on the network grid, in [0, 1]."""
    created_at: datetime
    placement: GridPlacement

    @property
    def is_draft(self) -> bool:
        """A first heatmap, quickly made."""
        return self.tier == FIRST

    @property
    def is_of_earlier_settings(self) -> bool:
        """Whether it was made with settings that are not in use any more."""
        return not tier_of(self.settings_digest)

    def is_fragile(self, threshold: float | None = None) -> bool:
        """Whether a class's probability changes much when a random part of the image is hidden.

        The random part is the control of the faithfulness: the mean over its draws, each as large
        as the part that "the marked region" means.

        Args:
            threshold: from which the class is called; None where its probability alone does not
                decide that.
        """
        if self.faithfulness is None or not self.node.startswith("class:"):
            return False
        before, after = self.value_before, self.faithfulness.random_hidden_value
        is_called_otherwise = threshold is not None and (
            (before >= threshold) != (after >= threshold) and abs(before - after) >= LEAST_CHANGE
        )
        falls_by_half = before >= FRAGILE and after < before / 2
        return is_called_otherwise or falls_by_half or abs(before - after) >= FRAGILE

    def peaks_elsewhere(self, other: SavedExplanation) -> bool:
        """Whether the peaks of two heatmaps of one image lie far apart; no if one is unknown."""
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
    """This tier and the better ones, the best first. The map of a mask reader is another drawing,
    in whose place none that was computed on the image stands."""
    if tier == MEASURED:
        return (tier,)
    tiers: tuple[Tier, ...] = get_args(Tier)
    return tuple(reversed(tiers[tiers.index(tier) :]))


def is_more_reliable(refined: SavedExplanation, first: SavedExplanation) -> bool:
    """Whether a heatmap takes the place of one that took less work: only where its faithfulness
    (insertion less deletion) is higher. Where either was not measured the refined one does."""
    if refined.faithfulness is None or first.faithfulness is None:
        return True
    return refined.faithfulness.surpasses(first.faithfulness)


def leading(of_node: Iterable[SavedExplanation]) -> SavedExplanation:
    """The heatmap to look at of all that one node has: the first one, or the refined one that took
    its place by being more reliable. Lists, reports and batches choose by it.

    Raises:
        ValueError: there is none.
    """
    stages = _stages(of_node)
    if not stages:
        raise ValueError("Of no heatmap none leads.")
    lead, *refined = stages
    for one in refined:
        if is_more_reliable(one, lead):
            lead = one
    return lead


def best_of_each_node(saved: Iterable[SavedExplanation]) -> tuple[SavedExplanation, ...]:
    """The leading heatmap of every node; the node that was asked for last comes first.

    A better heatmap takes the place of the one before it, so that a list does not move.
    """
    return tuple(leading(of_node) for of_node in _by_node(saved))


@dataclass(frozen=True)
class OfferedHeatmap:
    """A heatmap that a reader may look at."""

    saved: SavedExplanation
    is_superseded: bool = False
    """A first heatmap, beside the refined one that is more reliable."""
    is_no_better: bool = False
    """A refined heatmap, beside the one before it, which it does not replace: it is not more
    reliable."""
    is_unsettled: bool = False
    """Another heatmap of this node, which is offered too, has its peak elsewhere."""

    @property
    def heatmap_id(self) -> str:
        """The node's name for its best heatmap: a better one takes the place of the one before."""
        if self.is_superseded:
            return f"{self.saved.node}@first"
        return f"{self.saved.node}@refined" if self.is_no_better else self.saved.node

    @property
    def leads(self) -> bool:
        """Of its node it is the one to look at."""
        return not self.is_superseded and not self.is_no_better


def offered(saved: Iterable[SavedExplanation]) -> tuple[OfferedHeatmap, ...]:
    """Of every node the leading heatmap, and behind it the first and the most refined one, where
    they are others: both stay at hand. None is settled where they peak elsewhere."""
    heatmaps: list[OfferedHeatmap] = []
    for of_node in _by_node(saved):
        lead, stages = leading(of_node), _stages(of_node)
        behind = [
            OfferedHeatmap(
                one,
                is_superseded=one is stages[0],
                is_no_better=one is stages[-1],
                is_unsettled=lead.peaks_elsewhere(one),
            )
            for one in (*stages[:1], *stages[1:][-1:])
            if one is not lead
        ]
        heatmaps.append(OfferedHeatmap(lead, is_unsettled=any(b.is_unsettled for b in behind)))
        heatmaps.extend(behind)
    return tuple(heatmaps)


def _stages(of_node: Iterable[SavedExplanation]) -> list[SavedExplanation]:
    """The best heatmap of each tier, the one that took the least work first."""
    best: dict[str, SavedExplanation] = {}
    for one in sorted(of_node, key=_goodness):
        best[one.tier] = one
    return list(best.values())


def _by_node(saved: Iterable[SavedExplanation]) -> list[list[SavedExplanation]]:
    """The explanations of each node, oldest first; the node asked for last comes first."""
    nodes: dict[str, list[SavedExplanation]] = {}
    for explanation in sorted(saved, key=lambda explanation: explanation.created_at):
        nodes.setdefault(explanation.node, []).append(explanation)
    return list(reversed(nodes.values()))


def _goodness(saved: SavedExplanation) -> tuple[int, bool, datetime]:
    return _RANKS.index(saved.tier), not saved.is_of_earlier_settings, saved.created_at
