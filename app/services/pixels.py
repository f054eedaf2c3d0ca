"""Pixels for the viewer: raw values with their windows, and heatmaps as 8-bit maps."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

from app.domain.errors import NotFound
from app.domain.explanations import GridPlacement
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from dprotonet.images import GrayOrColourImage, Window

LONGEST_HEATMAP = 1024  # pixels; the map comes from a 224-pixel grid, more shows nothing more
KINDS: dict[str, Literal["u8", "u16", "i16", "f32"]] = {
    "uint8": "u8",
    "uint16": "u16",
    "int16": "i16",
}


@dataclass(frozen=True, eq=False)
class FilmPayload:
    """One frame for the viewer, on its stored grid."""

    rows: int
    columns: int
    kind: Literal["u8", "u16", "i16", "f32", "rgb8"]
    """Type of one value: unsigned and signed integers, float32, or three bytes a pixel."""
    data: bytes
    """Row by row, little endian."""
    windows: tuple[dict[str, Any], ...]
    """centre, width, name, function, table; the first is the default; colour: none.

    ``table`` (a VOI LUT): ``first`` and ``values``, 0 to 255 for first, first + 1, …; else None."""
    inverted: bool
    """MONOCHROME1: high values are dark."""
    low: float
    high: float
    """Least and greatest value outside the padding."""
    padding: bytes | None
    """One byte a pixel, 1 where the scanner padded; None where it did not."""
    pixel_aspect: float
    """Height of a pixel divided by its width."""
    spacing_mm: tuple[float, float] | None
    """(rows, columns)."""
    spacing_source: str
    notes: tuple[str, ...]
    tag: str
    """Changes when the pixels do: for the browser's cache."""

    def header(self) -> dict[str, Any]:
        """All but the pixels, as JSON."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "kind": self.kind,
            "windows": list(self.windows),
            "inverted": self.inverted,
            "low": self.low,
            "high": self.high,
            "padded": self.padding is not None,
            "pixelAspect": self.pixel_aspect,
            "spacing": list(self.spacing_mm) if self.spacing_mm else None,
            "spacingSource": self.spacing_source,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class HeatmapPayload:
    """A heatmap as the viewer lays it over the film."""

    values: np.ndarray
    """(h, w) uint8, 255 is 1; covers the whole film, smaller than its grid where that is large."""
    stored: tuple[int, int]
    """(H, W) of the film."""

    def png(self) -> bytes:
        """An 8-bit grey PNG."""
        out = io.BytesIO()
        Image.fromarray(self.values, mode="L").save(out, format="PNG")
        return out.getvalue()


def film(workplace: Workplace, case_id: str, *, frame: int = 0) -> FilmPayload:
    """One frame's values, windows and polarity.

    Raises:
        NotFound: the case or the frame is not there.
        UnreadableImage: the stored file cannot be decoded any more.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
    if not 0 <= frame < case.facts.frames:
        raise NotFound(f"This file has {case.facts.frames} frame(s), no frame {frame + 1}.")
    image = workplace.films.read(workplace.blobs.source(case.file_sha256), frame=frame)
    return payload(image, tag=f"{case.pixel_sha256[:32]}-{frame}")


def payload(image: GrayOrColourImage, *, tag: str) -> FilmPayload:
    """What the viewer needs of an image."""
    rows, columns = image.shape
    kind, values = _plain(image)
    shown = values if image.padding is None else values[~image.padding]
    spacing = image.spacing
    return FilmPayload(
        rows=rows,
        columns=columns,
        kind=kind,
        data=np.ascontiguousarray(values).tobytes(),
        windows=tuple(
            {
                "centre": float(window.centre),
                "width": float(window.width),
                "name": window.name,
                "function": window.function,
                "table": _table(window),
            }
            for window in image.windows
        ),
        inverted=image.inverted,
        low=float(shown.min()) if shown.size else 0.0,
        high=float(shown.max()) if shown.size else 0.0,
        padding=None if image.padding is None else image.padding.astype(np.uint8).tobytes(),
        pixel_aspect=float(image.pixel_aspect),
        spacing_mm=(spacing.rows_mm, spacing.columns_mm) if spacing else None,
        spacing_source=spacing.source if spacing else "",
        notes=image.notes,
        tag=tag,
    )


def heatmap(
    workplace: Workplace, explanation_id: str, *, longest: int = LONGEST_HEATMAP
) -> HeatmapPayload:
    """A saved heatmap over the whole film, its longer side at most ``longest`` pixels.

    Raises:
        NotFound: it went with its case.
    """
    with workplace.store.read() as tx:
        saved = tx.explanations.get(explanation_id)
    rows, columns = saved.placement.stored
    scale = min(1.0, longest / max(rows, columns))
    size = max(1, round(rows * scale)), max(1, round(columns * scale))
    values = on_film(network_map(workplace, saved.heatmap_key), saved.placement, size=size)
    return HeatmapPayload(np.rint(values * 255).astype(np.uint8), saved.placement.stored)


def network_map(workplace: Workplace, key: str) -> np.ndarray:
    """A stored heatmap: (S, S) float32 on the network grid."""
    with workplace.blobs.open(key) as file:
        values: np.ndarray = np.load(file, allow_pickle=False)
    return values


def on_film(
    values: np.ndarray, placement: GridPlacement, *, size: tuple[int, int] | None = None
) -> np.ndarray:
    """Bring a map from the network grid to the film, as the library does, without torch.

    Args:
        values: ``(S, S)`` float32 in [0, 1].
        placement: where the film lies in the square.
        size: ``(h, w)`` to come out; the stored grid when left out.

    Returns:
        ``(h, w)`` float32 in [0, 1].
    """
    (top, left), (height, width) = placement.offset, placement.resized
    inside = np.ascontiguousarray(values[top : top + height, left : left + width], np.float32)
    rows, columns = size or placement.stored
    resized = Image.fromarray(inside, mode="F").resize((columns, rows), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized, dtype=np.float32), 0.0, 1.0)


def _table(window: Window) -> dict[str, Any] | None:
    if window.table is None:
        return None
    values = np.rint(np.clip(window.table.values, 0, 1) * 255).astype(int)
    return {"first": window.table.first, "values": values.tolist()}


def _plain(
    image: GrayOrColourImage,
) -> tuple[Literal["u8", "u16", "i16", "f32", "rgb8"], np.ndarray]:
    if image.is_colour:
        return "rgb8", image.pixels
    kind = KINDS.get(image.pixels.dtype.name)
    if kind is not None:
        return kind, image.pixels.astype(image.pixels.dtype.newbyteorder("<"), copy=False)
    return "f32", image.pixels.astype("<f4")
