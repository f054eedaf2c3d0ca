"""The report's pictures: the image by its default window, its heatmap, prototypes and sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.domain.cases import GallerySource, Sheet
from app.domain.errors import NotFound
from app.domain.instant_maps import leading_id
from app.domain.permissions import within
from app.domain.room.sheet import MapOffer
from app.services import galleries, image_data
from app.services.pictures import own_maps
from app.services.pictures.framed import framed
from app.services.workplace import Workplace
from dprotonet.explain.overlay import colour_table, overlay

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.prediction import PrototypeMatch

LONGEST = 1400  # pixels of the longer side: 400 to the inch on a page
SIDE = 224  # pixels of a prototype's picture
OPACITY = 0.65  # where the heatmap is 1, as in the viewer
COLOURS, NORMAL_COLOURS = "inferno", "viridis"
"""Tables of a heatmap's colours; the second is of what speaks for "normal"."""


@dataclass(frozen=True, eq=False)
class ShownHeatmap:
    """The heatmap that a report shows."""

    offer: MapOffer
    """Its title and what it may claim."""
    values: np.ndarray
    """``(h, w)`` uint8 over the whole image; 255 is 1."""
    settings_digest: str
    """Of its computation; empty of a map that was drawn with the prediction."""

    @property
    def colours(self) -> str:
        """Name of its colour table: what speaks for "normal" has one of its own."""
        return NORMAL_COLOURS if self.offer.palette == "normal" else COLOURS


@within
def shown(image: GrayOrColourImage) -> np.ndarray:
    """The image by its default window, its pixels made square, ``LONGEST`` at most.

    Returns:
        ``(h, w)`` or ``(h, w, 3)`` uint8.
    """
    rows, columns = image.shape
    height = rows * image.pixel_aspect
    scale = min(1.0, LONGEST / max(height, columns))
    size = max(1, round(columns * scale)), max(1, round(height * scale))
    small = Image.fromarray(image.display()).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(small)


@within
def chosen_heatmap(
    workplace: Workplace, sheet: Sheet, offers: Sequence[MapOffer], map_id: str | None
) -> ShownHeatmap | None:
    """One of the heatmaps on offer.

    Args:
        workplace: where.
        sheet: of the image; one that the model refused has none.
        offers: the sheet's, with their words.
        map_id: which; when left out, the leading one of the class that is offered first.

    Returns:
        None where there is none.
    """
    if sheet.is_refused:
        return None
    by_id = {offer.id: offer for offer in offers}
    if map_id is None:
        map_id = leading_id(sheet.maps, sheet.instant, node=f"class:{sheet.offered_class}")
    for offered in sheet.maps:
        saved = offered.saved
        offer = by_id.get(offered.heatmap_id)
        if offer is not None and offer.id == map_id:
            values = image_data.heatmap(workplace, saved.explanation_id)
            return ShownHeatmap(offer, values, saved.settings_digest)
    for instant in sheet.instant:
        offer = by_id.get(instant.heatmap_id)
        if offer is not None and offer.id == map_id:
            values = image_data.instant_map(
                workplace,
                sheet.case.case_id,
                frame=sheet.frame,
                model=sheet.model or "",
                number=instant.number,
            )
            return ShownHeatmap(offer, values, "")
    return None


@within
def laid_over(picture: np.ndarray, heatmap: np.ndarray, colours: str = "inferno") -> np.ndarray:
    """A heatmap over its image.

    Args:
        picture: ``(h, w)`` or ``(h, w, 3)`` uint8.
        heatmap: uint8 of any size, 255 is 1; it covers the picture from edge to edge.
        colours: name of the colour table.

    Returns:
        ``(h, w, 3)`` uint8.
    """
    size = picture.shape[1], picture.shape[0]
    values = Image.fromarray(heatmap).resize(size, Image.Resampling.BILINEAR)
    return overlay(picture, np.asarray(values, np.float32) / 255, OPACITY, name=colours)


@within
def colour_bar(colours: str = "inferno") -> np.ndarray:
    """1 above, 0 below: ``(256, 8, 3)`` uint8, the colours at full strength."""
    return np.repeat(colour_table(colours)[::-1, None], 8, axis=1)


@within
def match_picture(image: GrayOrColourImage, match: PrototypeMatch) -> np.ndarray | None:
    """Where the network looks for a prototype in the image: ``(S, S, 3)`` uint8; None where that
    was not kept."""
    if match.own_map is None:
        return None
    return laid_over(framed(image, SIDE), own_maps.enlarged(match.own_map))


@within
def source_picture(
    workplace: Workplace, model: str, prototype: str, source: GallerySource
) -> np.ndarray | None:
    """One source image of a prototype, with its own map where the bundle keeps it: ``(S, S, 3)``
    uint8; None where there is no picture of it."""
    values: np.ndarray | None
    try:
        values, picture = own_maps.of_source(
            workplace, model, prototype=prototype, number=source.number
        )
    except NotFound:
        values, picture = None, None
    if picture is None and source.has_picture:
        path = galleries.picture(workplace, model, prototype=prototype, number=source.number)
        with Image.open(path) as file:
            picture = np.asarray(file.convert("RGB").resize((SIDE, SIDE)))
    if picture is None:
        return None
    return picture if values is None else laid_over(picture, values)
