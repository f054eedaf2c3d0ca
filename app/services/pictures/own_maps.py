"""Where one prototype's own mask lies: in a case, and in a source image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.domain.errors import NotFound
from app.domain.permissions import needs
from app.services import galleries
from app.services.studies import blinding
from app.services.workplace import Workplace
from dprotonet.modeling.placement import GridPlacement

if TYPE_CHECKING:
    from dprotonet.prototypes.own_map import OwnMap

SIDE = 224  # px


@needs("see cases")
def values(
    workplace: Workplace, case_id: str, *, frame: int, model: str, prototype: str
) -> np.ndarray:
    """The prototype's own map over one whole frame, as it was saved with the prediction.

    Args:
        workplace: where.
        case_id: of the image.
        frame: of the image.
        model: digest of the bundle.
        prototype: its id.

    Returns:
        ``(h, w)`` uint8, 255 at its largest cell, of the image's proportions.

    Raises:
        Forbidden: this reader is to read the image first.
        NotFound: there is no such case or prediction, or it keeps no map of this prototype.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        blinding.check_shown(workplace, tx, case_id, frame=frame)
        # The map is the same under whatever settings of a site, but kept with what was predicted.
        site = case.site if model == case.model else ""
        prediction = tx.predictions.get(case_id, frame=frame, model=model, site=site)
    matches = prediction.matches if prediction is not None else ()
    kept = next((match.own_map for match in matches if match.prototype == prototype), None)
    if kept is None:
        raise NotFound("No map of this prototype is kept for this case. Explain it instead.")
    placement = GridPlacement.of((case.facts.rows, case.facts.columns), SIDE)
    (top, left), (rows, columns) = placement.offset, placement.resized
    return np.ascontiguousarray(enlarged(kept)[top : top + rows, left : left + columns])


@needs("see cases")
def values_of_source(
    workplace: Workplace, digest: str, *, prototype: str, number: int
) -> np.ndarray:
    """Where the network looks for the prototype in a source image, ``(h, w)`` uint8; where the
    bundle keeps no map, the heatmap that it keeps instead.

    Raises:
        NotFound: it keeps neither.
    """
    try:
        return enlarged(galleries.own_map(workplace, digest, prototype=prototype, number=number))
    except NotFound:
        path = galleries.picture(
            workplace, digest, prototype=prototype, number=number, heatmap=True
        )
        with Image.open(path) as file:
            return np.asarray(file.convert("L"))


@needs("see cases")
def of_source(
    workplace: Workplace, digest: str, *, prototype: str, number: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """The prototype's own map in one of its source images, as the bundle keeps it.

    Args:
        workplace: where.
        digest: of the bundle.
        prototype: its id.
        number: of the source image in the prototype's gallery.

    Returns:
        The map ``(S, S)`` uint8, 255 at its largest cell, and the source image as a picture
        ``(S, S, 3)`` uint8; None where there is no picture of it.

    Raises:
        NotFound: the bundle keeps no map of it.
    """
    values = enlarged(galleries.own_map(workplace, digest, prototype=prototype, number=number))
    try:
        path = galleries.picture(workplace, digest, prototype=prototype, number=number)
    except NotFound:
        return values, None
    with Image.open(path) as file:
        return values, np.asarray(file.convert("RGB").resize((SIDE, SIDE)))


def enlarged(own_map: OwnMap) -> np.ndarray:
    """The map's cells as a smooth picture: ``(S, S)`` uint8, 255 at its largest cell."""
    small = Image.fromarray(own_map.values)
    return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
