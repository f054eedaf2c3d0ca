"""What a model's mask reader marked in the pass that predicted: for every class, and for every
prototype or concept.

Such maps are there with the prediction. Nothing was measured of them on their image, until a reader
asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.explanations import OfferedHeatmap, SavedExplanation, is_more_reliable
from dprotonet.explain.explanation import READER
from dprotonet.modeling.placement import GridPlacement


@dataclass(frozen=True)
class DrawnMaps:
    """The maps of one prediction in the store.

    They are stored, not drawn again when a case is opened: the server that shows them loads no
    model, the model may be gone by then, and they are those of the very pass that predicted. They
    take 6 kB a node.
    """

    key: str
    """Of the blob: the cells, as ``KeptMaps`` writes them."""
    nodes: tuple[str, ...]
    """In the order of the maps."""
    placement: GridPlacement
    outside_body: tuple[float, ...] = ()
    """Fraction of each map outside the body; empty where no body can be separated."""


@dataclass(frozen=True)
class InstantMap:
    """One node's map on offer."""

    node: str
    number: int
    """Among the maps of its prediction."""
    outside_body: float | None = None
    measured: SavedExplanation | None = None
    """The same map with what was measured of it, once a reader asked for that."""

    @property
    def heatmap_id(self) -> str:
        """Beside the node's own name, which a heatmap computed on the image has."""
        return instant_id(self.node)


def instant_id(node: str) -> str:
    """The name of a node's map in lists."""
    return f"{node}@reader"


def instant_maps(
    drawn: DrawnMaps | None, saved: Iterable[SavedExplanation]
) -> tuple[InstantMap, ...]:
    """The maps on offer, with what was measured of them.

    Args:
        drawn: of the prediction; None where it has none.
        saved: all explanations of its image, newest first.
    """
    if drawn is None:
        return ()
    measured: dict[str, SavedExplanation] = {}
    for explanation in saved:
        if is_measured_map(explanation):
            measured.setdefault(explanation.node, explanation)
    outside = drawn.outside_body or (None,) * len(drawn.nodes)
    return tuple(
        InstantMap(node, number, outside[number], measured.get(node))
        for number, node in enumerate(drawn.nodes)
    )


def is_no_better(saved: SavedExplanation, instant: InstantMap) -> bool:
    """Whether a computed heatmap does not take the place of the mask reader's own map: that was
    measured, and this one is not more reliable."""
    return instant.measured is not None and not is_more_reliable(saved, instant.measured)


def leading_id(
    offered: Iterable[OfferedHeatmap], instant: Iterable[InstantMap], *, node: str
) -> str | None:
    """The heatmap of a node that stands alone where one alone is shown; None without any.

    Args:
        offered: those that were computed on the image.
        instant: those that were drawn with the prediction.
        node: which.
    """
    lead = next((one for one in offered if one.leads and one.saved.node == node), None)
    drawn = next((one for one in instant if one.node == node), None)
    if drawn is not None and (lead is None or is_no_better(lead.saved, drawn)):
        return drawn.heatmap_id
    return lead.heatmap_id if lead is not None else None


def in_order(
    maps: Iterable[InstantMap], *, first: str | None, reasons: Sequence[str]
) -> tuple[InstantMap, ...]:
    """The maps as a reader wants them: one class, the other classes, then prototypes or
    concepts.

    Args:
        first: the name of the class that comes first; None for the model's own order.
        reasons: nodes of prototypes or concepts, the first one first; maps of others are left out.
    """
    places = {node: place for place, node in enumerate(reasons)}

    def place(one: InstantMap) -> tuple[bool, bool, int]:
        is_reason = one.node in places
        return is_reason, one.node != f"class:{first}", places.get(one.node, one.number)

    shown = (one for one in maps if one.node.startswith("class:") or one.node in places)
    return tuple(sorted(shown, key=place))


def is_measured_map(saved: SavedExplanation) -> bool:
    """Is this the mask reader's own map, with its measures?"""
    return saved.tier == "instant" and saved.drawn_by == READER
