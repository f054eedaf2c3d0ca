"""Single values out of a DICOM header, whatever stands in it."""

from __future__ import annotations

import math
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dprotonet.images.types import DicomFacts, Spacing

_TEXT = 1024  # characters of a value that are kept
_LABEL = 64  # characters of a name that is shown
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
_UNITS_A_YEAR = {"Y": 1, "M": 12, "W": 52, "D": 365}
_ASPECTS = (1 / 32, 32)  # what lies outside is a slip of the writer, not a pixel


def element(header: Dataset, keyword: str) -> Any:
    """The value, or None where it is absent, empty or cannot be understood."""
    try:
        value = header.get(keyword)
    except Exception:  # pydicom converts on access, and a value may be anything
        return None
    return None if value is None or value == "" else value


def text(header: Dataset, keyword: str) -> str:
    """The value as text without padding, "" where there is none."""
    value = element(header, keyword)
    if value is None:
        return ""
    if isinstance(value, MultiValue):
        return "\\".join(str(part).strip() for part in value)[:_TEXT]
    return str(value)[:_TEXT].strip().strip("\0").strip()


def label(header: Dataset, keyword: str, number: int = 0) -> str:
    """A name as it is shown to the reader: one line of at most 64 characters.

    Args:
        header: the header, or an item of it.
        keyword: of a text element.
        number: which of its values.
    """
    values = _parts(element(header, keyword))
    name = str(values[number]) if number < len(values) else ""
    printable = "".join(character if character.isprintable() else " " for character in name)
    return " ".join(printable.split())[:_LABEL].strip()


def known_word(header: Dataset, keyword: str, words: tuple[str, ...]) -> str:
    """The value in capitals if it is one of ``words``, else ""."""
    value = text(header, keyword).upper()
    return value if value in words else ""


def numbers(header: Dataset, keyword: str) -> list[float]:
    """The finite numbers of a value; [] where one of them is none.

    A decimal comma is read as a point: PS3.5 6.2 knows no other use of a comma in DS. Nothing
    behind a last backslash is no number and does not count.
    """
    parts = comma_decimals(header, keyword) or _parts(element(header, keyword))
    while parts and isinstance(parts[-1], str) and not parts[-1].strip(" \0"):
        parts = parts[:-1]
    try:
        values = [float(part) for part in parts]
    except (TypeError, ValueError):
        return []
    return values if all(math.isfinite(number) for number in values) else []


def comma_decimals(header: Dataset, keyword: str) -> list[str]:
    """The parts of a decimal string that has a comma for its point, with points; else []."""
    if dictionary_VR(keyword) != "DS":
        return []
    value = element(header, keyword)
    if value is None and keyword in header:  # pydicom could not make a number of it
        raw = header.get_item(keyword)
        value = raw.value.decode("latin-1") if isinstance(raw.value, bytes) else None
    parts = [str(part) for part in _parts(value)]
    if len(parts) == 1:
        parts = parts[0].split("\\")
    parts = [part.strip(" \0") for part in parts]
    if not any("," in part for part in parts):
        return []
    if any(part.count(",") > 1 or ("," in part and "." in part) for part in parts):
        return []  # the comma may separate thousands: the value is not certain
    return [part.replace(",", ".") for part in parts]


def _parts(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (MultiValue, list, tuple)) else [value]


def integer(header: Dataset, keyword: str) -> int | None:
    """The value as an integer, or None."""
    values = numbers(header, keyword)
    return int(values[0]) if values else None


def items(header: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence; [] where there is none."""
    value = element(header, keyword)
    try:
        return [item for item in value or [] if isinstance(item, Dataset)]
    except TypeError:
        return []


def frame_part(header: Dataset, frame: int, keyword: str) -> Dataset:
    """The functional group of one frame (PS3.3 C.7.6.16): its own, then the shared, then the root.

    Args:
        header: the whole header.
        frame: counted from 0.
        keyword: the group's sequence, such as "FrameVOILUTSequence".
    """
    for groups, number in (
        ("PerFrameFunctionalGroupsSequence", frame),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        sequence = element(header, groups)
        try:
            group = sequence[number] if sequence is not None else None
        except (IndexError, TypeError):
            continue
        sequence = items(group, keyword) if isinstance(group, Dataset) else []
        if sequence:
            return sequence[0]
    return header


def pixel_spacing(header: Dataset, frame: int) -> Spacing | None:
    """The first that the file states of three (PS3.3 10.7.1.3).

    PixelSpacing (at the patient, or calibrated), ImagerPixelSpacing (at the detector),
    NominalScannedPixelSpacing (on the sheet that was scanned).
    """
    measures = frame_part(header, frame, "PixelMeasuresSequence")
    for part, keyword in ((measures, SPACINGS[0]), *((header, name) for name in SPACINGS)):
        values = numbers(part, keyword)
        if len(values) == 2 and min(values) > 0 and _plausible(values[0] / values[1]):
            return Spacing(values[0], values[1], keyword)
    return None


def pixel_aspect_ratio(header: Dataset) -> float | None:
    """Height of a pixel by its width from PixelAspectRatio, or None."""
    values = numbers(header, "PixelAspectRatio")
    if len(values) == 2 and min(values) > 0 and _plausible(values[0] / values[1]):
        return values[0] / values[1]
    return None


def _plausible(aspect: float) -> bool:
    return _ASPECTS[0] <= aspect <= _ASPECTS[1]


def dicom_facts(header: Dataset, transfer_syntax: str) -> DicomFacts:
    """What the header says of the image; of the person only sex and age."""
    burned = text(header, "BurnedInAnnotation").upper()
    return DicomFacts(
        transfer_syntax=transfer_syntax,
        photometric=text(header, "PhotometricInterpretation").upper(),
        modality=text(header, "Modality"),
        view_position=text(header, "ViewPosition"),
        laterality=text(header, "ImageLaterality") or text(header, "Laterality"),
        body_part=text(header, "BodyPartExamined"),
        study_uid=text(header, "StudyInstanceUID"),
        series_uid=text(header, "SeriesInstanceUID"),
        sop_uid=text(header, "SOPInstanceUID"),
        study_date=text(header, "StudyDate"),
        burned_in_annotation={"YES": True, "NO": False}.get(burned),
        manufacturer=label(header, "Manufacturer"),
        station=label(header, "StationName"),
        sex=known_word(header, "PatientSex", ("F", "M")),
        age=_age(header),
    )


def _age(header: Dataset) -> int | None:
    """Whole years of an age string such as 045Y or 010M (PS3.5 6.2, AS), or None."""
    value = text(header, "PatientAge").upper()
    number, unit = value[:-1].strip(), value[-1:]
    if not number.isdigit() or unit not in _UNITS_A_YEAR:
        return None
    return int(number) // _UNITS_A_YEAR[unit]
