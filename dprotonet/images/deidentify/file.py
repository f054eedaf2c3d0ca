"""The one way from a file to the same file without the person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pydicom.uid import UID

from dprotonet.errors import UnreadableImage
from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.deidentify.dicom import deidentified_dicom
from dprotonet.images.deidentify.header import survey
from dprotonet.images.deidentify.instructions import (
    Deidentified,
    Instructions,
    Survey,
    TextFound,
)
from dprotonet.images.deidentify.natural import deidentified_picture
from dprotonet.images.deidentify.text_detector import text_lines
from dprotonet.images.dicom.file import DicomFile
from dprotonet.images.dicom.header import text
from dprotonet.images.limits import Limits
from dprotonet.images.raster import NaturalFile
from dprotonet.images.reader import open_image
from dprotonet.images.source import Source, opened

MOST_UIDS = 200_000  # of one file, which 64 MiB of a message hold
# What PS3.3 C.7.5.1 and the makers' habits call screens, scans and secondary captures.
_SCREEN_MODALITIES = {"US", "OT", "SC", "ES", "DOC"}
_RADIOGRAPHS = {"CR", "DX", "MG", "IO", "PX"}
_SCREEN_CONVERSIONS = {"WSD", "DV", "DI", "DF", "SD", "SI"}


def survey_file(source: Source, *, limits: Limits | None = None) -> tuple[Survey, int]:
    """Whom and what a file names, and how many pixels decoding will take.

    Raises:
        UnreadableImage: as :func:`dprotonet.images.reader.inspect`, or too many identifiers.
    """
    with open_image(source, limits or Limits()) as file:
        pixels = file.facts.rows * file.facts.columns * len(_looked_at(file))
        if not isinstance(file, DicomFile):
            return Survey(), pixels
        with readable_errors("reading its DICOM header"):
            found = survey(file.header)
    if len(found.uids) > MOST_UIDS:
        raise UnreadableImage(
            f"This file names more than {MOST_UIDS:,} objects, so it cannot be de-identified."
            " Export it with fewer frames."
        )
    return found, pixels


def deidentify(
    source: Source, instructions: Instructions, *, limits: Limits | None = None
) -> Deidentified:
    """The file without the person; its first, middle and last frame are searched for text.

    The same file, instructions and version give the same bytes.

    Args:
        source: a path, or the bytes of a file.
        instructions: pseudonyms for all that :func:`survey_file` named.
        limits: what is refused before decoding.

    Raises:
        UnreadableImage: as :func:`dprotonet.images.reader.read_image`; nothing that could not be
            read is let through.
    """
    limits = limits or Limits()
    with open_image(source, limits) as file:
        warnings = _warnings(file)
        if isinstance(file, DicomFile):
            data, ending = deidentified_dicom(file, instructions), ".dcm"
        else:
            with opened(source, limits) as raw:
                whole = raw.stream.read()
            data, ending = deidentified_picture(whole, file.facts.format, limits)
    # What is searched is what will be stored, not what came.
    found = _text_in(data, limits)
    if found:
        warnings.append("Something like burned-in text was found in the pixels.")
    if warnings and ending == ".dcm":
        data = _stating_text(data, limits)
    return Deidentified(data, ending, tuple(warnings), found)


@contextmanager
def opened_dicom(data: bytes, limits: Limits) -> Iterator[DicomFile]:
    """A DICOM file of our own writing, opened."""
    with open_image(data, limits) as file:
        if not isinstance(file, DicomFile):
            raise UnreadableImage("The de-identified file could not be read again.")
        yield file


def _looked_at(file: DicomFile | NaturalFile) -> tuple[int, ...]:
    last = file.facts.frames - 1
    return tuple(sorted({0, last // 2, last}))


def _text_in(data: bytes, limits: Limits) -> tuple[TextFound, ...]:
    found: dict[TextFound, None] = {}
    with open_image(data, limits) as file:
        for frame in _looked_at(file):
            found.update(dict.fromkeys(text_lines(file.frame(frame).unit())))
    return tuple(found)


def _warnings(file: DicomFile | NaturalFile) -> list[str]:
    if not isinstance(file, DicomFile):
        return []
    header: Dataset = file.header
    warnings = []
    if text(header, "BurnedInAnnotation").upper() == "YES":
        warnings.append("The file says that text is burned into its pixels.")
    kind = UID(text(header, "SOPClassUID")).name
    modality, image_type = text(header, "Modality").upper(), text(header, "ImageType").upper()
    is_screen = (
        modality in _SCREEN_MODALITIES
        or text(header, "ConversionType").upper() in _SCREEN_CONVERSIONS
        or "Secondary Capture" in kind
        or "SCREEN" in image_type
        # PS3.3 C.8.11.3.1.1: a radiograph itself is PRIMARY.
        or (modality in _RADIOGRAPHS and "SECONDARY" in image_type)
    )
    if is_screen:
        warnings.append("It is of a kind that often shows text: a screen, a scan or ultrasound.")
    return warnings


def _stating_text(data: bytes, limits: Limits) -> bytes:
    """The file with BurnedInAnnotation YES, whatever the sender believed."""
    from pydicom.uid import ExplicitVRBigEndian

    from dprotonet.images.deidentify.dicom import pixel_value, written

    with opened_dicom(data, limits) as file:
        file.header.BurnedInAnnotation = "YES"
        syntax = file.location.syntax
        value = pixel_value(file)
        return written(file.header, syntax, value, file, is_little=syntax != ExplicitVRBigEndian)
