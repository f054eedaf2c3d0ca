"""The image that objects are made of, as its file's header says."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pydicom.uid import UID, CTImageStorage, SecondaryCaptureImageStorage
from pydicom.valuerep import DA, TM

from app.domain.cases import Case
from app.domain.errors import Refused
from app.domain.permissions import within
from app.services.dicom_out import words
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
# Type 2 of Patient and General Study (PS3.3 C.7.1.1, C.7.2.1): there, and empty where unknown.
_EMPTY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"),
    *("StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
_PLANE = (
    *("FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient"),
    *("PixelSpacing", "SliceThickness"),
)
# Sequences whose items may name a frame of the instance that they refer to; items of others, such
# as lists of evidence, name whole instances (PS3.3 table 10-3, C.18.4, C.11.11).
_OF_FRAMES = ("SourceImageSequence", "ReferencedImageSequence", "ReferencedSOPSequence")
_OF_INSTANCES = ("ReferencedSeriesSequence", "CurrentRequestedProcedureEvidenceSequence")


@dataclass(frozen=True, eq=False)
class SourceImage:
    """One frame of a stored DICOM file."""

    header: Dataset
    """Who, which study, how it lies; without pixels. Of one frame, as if it were alone."""
    sop_class: str
    """Of the file; :attr:`header` has one that stands in for it."""
    frames: int
    frame: int
    """Counted from 0."""

    @property
    def has_plane(self) -> bool:
        """Is it known where the frame lies in the patient?"""
        return all(name in self.header for name in _PLANE)

    def refer(self, made: Dataset) -> None:
        """Put the file's own kind, and the frame, where a made object refers to the image."""
        for item in made.get("ReferencedSeriesSequence", []):
            # highdicom lists the very item that it also uses where a frame is named.
            if "ReferencedInstanceSequence" in item:
                item.ReferencedInstanceSequence = deepcopy(item.ReferencedInstanceSequence)
        for parent, keyword, item in _items(made):
            if item.get("ReferencedSOPInstanceUID") != self.header.SOPInstanceUID:
                continue
            item.ReferencedSOPClassUID = self.sop_class
            is_listed = parent in _OF_INSTANCES and keyword == "ReferencedSOPSequence"
            if self.frames > 1 and keyword in _OF_FRAMES and not is_listed:
                item.ReferencedFrameNumber = self.frame + 1


@within
def source_image(workplace: Workplace, case: Case, *, frame: int) -> SourceImage:
    """The header of one frame of a case.

    Raises:
        Refused: nothing can refer to it; the sentence says why.
        UnreadableImage: the stored file can no longer be read.
    """
    if case.facts.format != "dicom":
        raise Refused(words.NATURAL)
    stored = workplace.blobs.source(case.file_sha256)
    return of_header(
        Dataset.from_json(workplace.image_reader.frame_header(stored, frame=frame)),
        frames=case.facts.frames,
        frame=frame,
        size=(case.facts.rows, case.facts.columns),
    )


def of_header(header: Dataset, *, frames: int, frame: int, size: tuple[int, int]) -> SourceImage:
    """A header made whole, or refused; what a file does not say stays unsaid.

    Args:
        header: as :func:`dprotonet.images.dicom.frame_header.frame_header` gives it.
        frames: of the file.
        frame: counted from 0.
        size: rows and columns of the decoded image.

    Raises:
        Refused: it names no study, series or instance, or an unknown kind.
    """
    from highdicom._standard_utils import get_sop_class_iod_map

    missing = [name for name in _NEEDED if not UID(str(header.get(name, ""))).is_valid]
    if missing:
        raise Refused(words.INCOMPLETE.format(missing=", ".join(missing)))
    sop_class = UID(header.SOPClassUID)
    if sop_class not in get_sop_class_iod_map():
        raise Refused(words.UNKNOWN_KIND.format(kind=sop_class))
    if (header.get("Rows"), header.get("Columns")) != size:
        raise Refused(words.OTHER_SIZE)
    for name in _EMPTY:
        if name not in header:
            setattr(header, name, "")
    _drop_what_is_no_time(header)
    if header.PatientSex not in ("M", "F", "O"):
        header.PatientSex = ""
    source = SourceImage(header, str(sop_class), frames, frame)
    if not source.has_plane:
        # A frame of reference without a plane in it says nothing of where the pixels are.
        for name in _PLANE[:3]:
            header.pop(name, None)
    header.pop("NumberOfFrames", None)
    # highdicom asks of several kinds what files of theirs may lack: a frame of reference, groups of
    # frames. A kind that asks for what is here stands in until the objects are made.
    header.SOPClassUID = CTImageStorage if source.has_plane else SecondaryCaptureImageStorage
    if header.get("PhotometricInterpretation") == "PALETTE COLOR":
        header.SamplesPerPixel = 3  # as it is shown
    return source


def _drop_what_is_no_time(header: Dataset) -> None:
    for name, kind in (("PatientBirthDate", DA), ("StudyDate", DA), ("StudyTime", TM)):
        try:
            kind(header.get(name) or "")
        except ValueError:
            setattr(header, name, "")


def _items(
    dataset: Dataset, parent: str = "", keyword: str = ""
) -> Iterator[tuple[str, str, Dataset]]:
    """Every item in every sequence: the keyword of the sequence above, of its own, and it."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield keyword, element.keyword, item
                yield from _items(item, keyword, element.keyword)
