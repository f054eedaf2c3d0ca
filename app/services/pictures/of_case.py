"""What a model reads of a case: its image on the native grid, or the picture made of its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.cases import Case
from app.domain.permissions import within
from app.services.tables import reading
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage


@within
def read(
    workplace: Workplace, case: Case, *, frame: int = 0, model: str | None = None
) -> GrayOrColourImage:
    """One frame of a case.

    Args:
        workplace: where.
        case: an image file, or a row of a table.
        frame: counted from 0.
        model: digest of the bundle that makes the picture of a row; the case's when left out. An
            image is the same for every model.

    Raises:
        ReadableError: the file can no longer be decoded, or the row's model is gone.
    """
    if case.facts.is_row:
        bundle = workplace.models.bundle(model or case.model or "")
        return reading.picture(bundle, reading.row_of(workplace, case), name=bundle.name)
    return workplace.image_reader.read(workplace.blobs.source(case.file_sha256), frame=frame)
