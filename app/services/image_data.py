"""Pixels for the viewer: images on their native grid, and heatmaps brought back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.domain.errors import NotFound
from app.domain.permissions import needs, within
from app.services.pictures import of_case
from app.services.studies import blinding
from app.services.workplace import Workplace
from dprotonet.explain.reader.kept_maps import KeptMaps
from dprotonet.modeling.placement import GridPlacement

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage

LONGEST_HEATMAP = 1024  # pixels; the heatmap has 224, so more would add nothing


@needs("see cases")
def image(workplace: Workplace, case_id: str, *, frame: int = 0) -> GrayOrColourImage:
    """One frame: values, windows, polarity, padding and spacing.

    Raises:
        NotFound: there is no such case or frame.
        UnreadableImage: the stored file can no longer be decoded.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
    case.check_frame(frame)
    return of_case.read(workplace, case, frame=frame)


@needs("see cases")
def heatmap(
    workplace: Workplace, explanation_id: str, *, longest: int = LONGEST_HEATMAP
) -> np.ndarray:
    """A saved heatmap over the whole image.

    Args:
        workplace: where.
        explanation_id: which.
        longest: most pixels of the longer side; a larger image's heatmap comes out smaller.

    Returns:
        ``(h, w)`` uint8, where 255 is 1; it covers the image from edge to edge.

    Raises:
        Forbidden: this reader is to read the image first.
        NotFound: it went with its case.
    """
    with workplace.store.read() as tx:
        saved = tx.explanations.get(explanation_id)
        blinding.check_shown(workplace, tx, saved.case_id, frame=saved.frame)
    return _shown(stored_heatmap(workplace, saved.heatmap_key), saved.placement, longest)


@needs("see cases")
def instant_map(
    workplace: Workplace,
    case_id: str,
    *,
    frame: int,
    model: str,
    number: int,
    longest: int = LONGEST_HEATMAP,
) -> np.ndarray:
    """A map that the model's mask reader drew when it predicted, over the whole image.

    Args:
        number: of the map among those of its prediction.

    Returns:
        As :func:`heatmap`.

    Raises:
        Forbidden: this reader is to read the image first.
        NotFound: there is no such map.
    """
    with workplace.store.read() as tx:
        blinding.check_shown(workplace, tx, case_id, frame=frame)
        drawn = tx.predictions.maps(case_id, frame=frame, model=model)
    if drawn is None or number >= len(drawn.nodes):
        raise NotFound("There is no such heatmap of this case. Open the case again.")
    kept = KeptMaps.from_npy(workplace.blobs.read(drawn.key), drawn.nodes, drawn.placement)
    return _shown(kept.heatmap(number), drawn.placement, longest)


def _shown(values: np.ndarray, placement: GridPlacement, longest: int) -> np.ndarray:
    rows, columns = placement.stored
    scale = min(1.0, longest / max(rows, columns))
    size = max(1, round(rows * scale)), max(1, round(columns * scale))
    return np.rint(on_image(values, placement, size=size) * 255).astype(np.uint8)


@within
def stored_heatmap(workplace: Workplace, key: str) -> np.ndarray:
    """A stored heatmap: (S, S) float32 on the network grid."""
    with workplace.blobs.open(key) as file:
        values: np.ndarray = np.load(file, allow_pickle=False)
    return values


def on_image(
    values: np.ndarray, placement: GridPlacement, *, size: tuple[int, int] | None = None
) -> np.ndarray:
    """Bring a heatmap from the network grid to the image, as the library does, without torch.

    Heatmaps are stored on the network grid: 200 kB for 224 pixels, where the native grid of an
    image of 3000 × 3000 would be 36 MB. Nothing is lost: this step can be done at any time.

    Args:
        values: ``(S, S)`` float32 in [0, 1].
        placement: where the image lies in the square.
        size: ``(h, w)`` to come out; the native grid when left out.

    Returns:
        ``(h, w)`` float32 in [0, 1].
    """
    (top, left), (height, width) = placement.offset, placement.resized
    image = np.ascontiguousarray(values[top : top + height, left : left + width], np.float32)
    rows, columns = size or placement.stored
    resized = Image.fromarray(image, mode="F").resize((columns, rows), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized, dtype=np.float32), 0.0, 1.0)
