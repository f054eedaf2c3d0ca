"""A row in words: its values, those of a training row beside it, and what a heatmap marks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.domain.cases import Case, Sheet
from app.domain.errors import NotFound
from app.domain.jobs import BatchRow
from app.domain.permissions import within
from app.domain.room.sheet import MapOffer, RowValue, Share, SourceValue
from app.domain.text import percent
from app.services import image_data
from app.services.tables.reading import row_of
from app.services.workplace import Workplace
from dprotonet.errors import ReadableError
from dprotonet.explain.reader.kept_maps import KeptMaps

if TYPE_CHECKING:
    from dprotonet.attributes.attribute import Attribute
    from dprotonet.attributes.row_images import RowImages, Shares
    from dprotonet.attributes.table import Row

LEAST = 0.1
"""Of an attribute's scale: what differs by less is not said to differ."""
MOST_NAMED = 3
MOST_BARS = 8
"""Attributes that have a bar of their own; the others share one."""
HALVES = "Two attributes that make one point of the picture have half of what it marks there each."
_MISSING = "missing"


@dataclass(frozen=True, eq=False)
class ReadRow:
    """A row beside what its model knows of its table."""

    row: Row
    images: RowImages
    sources: Mapping[str, Row]
    """Rows of the prototypes' sources by sample id, as far as the bundle carries them."""

    def values(self) -> tuple[RowValue, ...]:
        """Its attributes in the model's order."""
        outside = self.images.table.outside(self.row)
        pairs = zip(self.images.table.attributes, self.row.values, strict=True)
        return tuple(
            RowValue(
                one.name,
                _text(one, value),
                one.unit,
                _note(one, value, one.name in outside),
                one.categories,
                can_hide=value is not None,
            )
            for one, value in pairs
        )

    def beside(self, sample_id: str) -> tuple[SourceValue, ...]:
        """A training row's attributes, and how each differs from this row's; empty where the
        bundle does not carry that row."""
        other = self.sources.get(sample_id)
        if other is None:
            return ()
        table = self.images.table
        every = zip(
            table.attributes,
            self.row.values,
            other.values,
            table.units(self.row),
            table.units(other),
            strict=True,
        )
        return tuple(
            SourceValue(one.name, _text(one, its), *_difference(one, own, its, there - here))
            for one, own, its, here, there in every
        )

    def shares(self, heatmap: np.ndarray) -> Shares:
        """What of a heatmap falls to each attribute.

        Args:
            heatmap: ``(S, S)`` in [0, 1] over the whole picture of the row.
        """
        return self.images.shares(self.row, heatmap)


@within
def read_row(workplace: Workplace, case: Case, model: str | None) -> ReadRow | None:
    """A case's row as a model reads it; None of an image, and where the model or the stored row
    cannot be had, which the picture's own route says."""
    if not case.facts.is_row:
        return None
    try:
        bundle = workplace.models.bundle(model or "")
        if bundle.rows is None:
            return None
        row = bundle.rows.table.row(row_of(workplace, case).values)
        return ReadRow(row, bundle.rows, bundle.source_rows)
    except ReadableError:
        return None


@within
def with_shares(
    workplace: Workplace, sheet: Sheet, offers: Sequence[MapOffer], read: ReadRow | None
) -> tuple[MapOffer, ...]:
    """The heatmaps of a row with the attributes that each marks; those of an image as they are."""
    if read is None:
        return tuple(offers)
    return tuple(_shared(workplace, sheet, offer, read) for offer in offers)


@within
def attribute_shares(workplace: Workplace, row: BatchRow) -> dict[str, float]:
    """Of a batch's row: how much of the heatmap that the batch made of it lies on each attribute,
    summing to 1; empty of an image, and where there is no heatmap."""
    if row.explanation_id is None or row.case_id is None:
        return {}
    try:
        with workplace.store.read() as tx:
            saved, case = tx.explanations.get(row.explanation_id), tx.cases.get(row.case_id)
    except NotFound:  # deleted meanwhile
        return {}
    read = read_row(workplace, case, saved.model)
    if read is None:
        return {}
    values = image_data.stored_heatmap(workplace, saved.heatmap_key)
    side = read.images.encoding.size
    shares = read.shares(image_data.on_image(values, saved.placement, size=(side, side)))
    return dict(shares.by_attribute)


def _shared(workplace: Workplace, sheet: Sheet, offer: MapOffer, read: ReadRow) -> MapOffer:
    shares = read.shares(_over_picture(workplace, sheet, offer.id, read.images.encoding.size))
    ranked = shares.ranked
    named = ", ".join(f"{name} {percent(share)}" for name, share in ranked[:MOST_NAMED])
    pairs = (HALVES,) if read.images.encoding.name == "cpcr" else ()
    return replace(
        offer,
        shares=_bars(ranked),
        shares_text=f"{percent(shares.on_attributes)} of it lies on attributes: of that {named}.",
        details=(*offer.details, *pairs),
    )


def _bars(ranked: Sequence[tuple[str, float]]) -> tuple[Share, ...]:
    """The most first, and what is left in one bar."""
    most = MOST_BARS if len(ranked) > MOST_BARS + 1 else len(ranked)
    bars = [Share(name, share, percent(share)) for name, share in ranked[:most]]
    if others := ranked[most:]:
        left = sum(share for _, share in others)
        bars.append(Share(f"{len(others)} others", left, percent(left)))
    return tuple(bars)


def _over_picture(workplace: Workplace, sheet: Sheet, heatmap_id: str, side: int) -> np.ndarray:
    """A heatmap that the sheet offers, ``(S, S)`` over the picture."""
    size = (side, side)
    for instant in sheet.instant:
        if instant.heatmap_id == heatmap_id:
            with workplace.store.read() as tx:
                drawn = tx.predictions.maps(
                    sheet.case.case_id, frame=sheet.frame, model=sheet.model or ""
                )
            if drawn is None:
                break
            kept = KeptMaps.from_npy(workplace.blobs.read(drawn.key), drawn.nodes, drawn.placement)
            return image_data.on_image(kept.heatmap(instant.number), drawn.placement, size=size)
    saved = next(one.saved for one in sheet.maps if one.heatmap_id == heatmap_id)
    values = image_data.stored_heatmap(workplace, saved.heatmap_key)
    return image_data.on_image(values, saved.placement, size=size)


def _text(attribute: Attribute, value: float | str | None) -> str:
    """Without the unit, which stands beside it."""
    if value is None:
        return _MISSING
    return attribute.text(value).removesuffix(f" {attribute.unit}" if attribute.unit else "")


def _note(attribute: Attribute, value: float | str | None, is_outside: bool) -> str:
    if value is None:
        return f"Read as {attribute.text(attribute.fill)}, the middle of the training rows."
    return "Beyond all training rows: read as the nearest of them." if is_outside else ""


def _difference(
    attribute: Attribute, own: float | str | None, its: float | str | None, step: float
) -> tuple[str, str]:
    """The sign of a training row's value beside this row's, and what it means."""
    if own is None or its is None:
        return ("?", "Missing in one of the two rows.") if own is not its else ("", "")
    if attribute.kind == "category":
        return ("≠", "Another category.") if own != its else ("", "")
    if abs(step) < LEAST:
        return "", ""
    amount = percent(abs(step))
    if step > 0:
        return "▲", f"Higher in the training row, by {amount} of the attribute's scale."
    return "▼", f"Lower in the training row, by {amount} of the attribute's scale."
