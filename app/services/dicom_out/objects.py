"""The face of the objects: a case and a revision, and the data sets that say it to other systems.

Nothing is sent here. Made twice of the same revision, objects are equal and have the same
identifiers, so that sending them twice is not two.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.dicom.kinds import ObjectKind
from app.domain.permissions import needs
from app.services.dicom_out import words
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from app.services.dicom_out.equipment import Kind
    from app.services.dicom_out.signed import SignedRead


@dataclass(frozen=True, eq=False)
class NamedObject:
    """One DICOM object."""

    name: ObjectKind
    """Of a file without its ending, too."""
    dataset: Dataset
    """With its meta header; the stored original's patient and study, pseudonyms where that has
    them."""


@dataclass(frozen=True, eq=False)
class MadeObjects:
    """Everything that was made of a revision."""

    case_id: str
    frame: int
    revision: int
    objects: tuple[NamedObject, ...]
    """The report first."""
    not_made: tuple[str, ...]
    """One sentence about each kind that could not be made."""


@needs("export")
def of_revision(
    workplace: Workplace, case_id: str, *, frame: int = 0, revision: int | None = None
) -> MadeObjects:
    """The objects of one signed revision.

    Args:
        workplace: where, and for whom.
        case_id: of the image.
        frame: counted from 0.
        revision: its number; None for the newest.

    Raises:
        Forbidden: this person's own read of the image is still to come.
        NotFound: there is no such case, frame or revision.
        Refused: nothing can be made: nobody signed, or the image is no DICOM file, or one that
            nothing can refer to; the sentence says which.
        UnreadableImage: the stored file can no longer be decoded.
    """
    from app.services.dicom_out.signed import signed_read

    read = signed_read(workplace, case_id, frame=frame, revision=revision)
    _keep_names_quiet()
    makers, not_made = _makers(read)
    return MadeObjects(
        case_id=case_id,
        frame=frame,
        revision=read.revision.revision,
        objects=tuple(NamedObject(name, make()) for name, make in makers),
        not_made=tuple(not_made),
    )


def _keep_names_quiet() -> None:
    """highdicom quotes a patient's name that it finds unusual, in warnings and in its log."""
    warnings.filterwarnings("ignore", message="The string .* unlikely to represent")
    logging.getLogger("highdicom").setLevel(logging.ERROR)


def _makers(read: SignedRead) -> tuple[list[tuple[Kind, Callable[[], Dataset]]], list[str]]:
    from app.services.dicom_out.capture import capture
    from app.services.dicom_out.presentation import presentation
    from app.services.dicom_out.report import report
    from app.services.dicom_out.saliency import parametric_map, segmentation

    makers: list[tuple[Kind, Callable[[], Dataset]]] = [
        ("report", lambda: report(read)),
        ("presentation", lambda: presentation(read)),
    ]
    heatmap = read.heatmap
    if heatmap is None:
        refused = read.revision.support == "outside"
        return makers, [words.REFUSED if refused else words.NO_HEATMAP]
    makers += [
        ("segmentation", lambda: segmentation(read, heatmap)),
        ("capture", lambda: capture(read, heatmap)),
    ]
    if not read.source.has_plane:
        return makers, [words.NO_FRAME_OF_REFERENCE]
    return [*makers, ("parametric-map", lambda: parametric_map(read, heatmap))], []
