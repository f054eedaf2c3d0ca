"""What every object says alike: who made it, when, and in which series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, timezone
from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import DA, DT, TM

from app.domain.dicom.kinds import ObjectKind
from app.services.dicom_out import words
from app.services.dicom_out.codes import one_line
from app.services.dicom_out.signed import SignedRead
from dprotonet import __version__

Kind = ObjectKind
SERIES: dict[Kind, tuple[int, str]] = {
    "report": (9001, "Signed read, with the model's prediction"),
    "segmentation": (9002, words.HEATMAP),
    "capture": (9003, f"{words.HEATMAP}, as a picture"),
    "presentation": (9004, "Window and marks of a signed read"),
    "parametric-map": (9005, f"{words.HEATMAP}, as values"),
}
"""Number and description of the series of each kind of object."""
MAKER = "DProtoNet Review"
NO_MODEL = "no model"
_DATES = (
    ("InstanceCreationDate", "InstanceCreationTime"),
    ("SeriesDate", "SeriesTime"),
    ("ContentDate", "ContentTime"),
    ("PresentationCreationDate", "PresentationCreationTime"),
    ("DateOfSecondaryCapture", "TimeOfSecondaryCapture"),
)
_ALWAYS = ("InstanceCreationDate", "SeriesDate")
_OFFSETS = ("+", "-")
# What a file says of having lost its person, which not every object of highdicom hands on.
_DEIDENTIFIED = (
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    "LongitudinalTemporalInformationModified",
)
# Reports have a series module without a side, segmentations say it by their frames' anatomy.
_OF_ONE_SIDE: tuple[Kind, ...] = ("capture", "presentation", "parametric-map")


@dataclass(frozen=True)
class Algorithm:
    """What objects say of the model."""

    name: str
    version: str
    """The first digits of the bundle's digest, as pages show them."""
    parameter: str
    """The whole digest."""
    maker: str = MAKER


def algorithm(read: SignedRead) -> Algorithm:
    """The model whose prediction was read."""
    model = read.revision.model
    name = one_line(read.revision.model_name, 64) or MAKER
    return Algorithm(name, model[:8], f"Bundle SHA-256 {model}")


def series(read: SignedRead, kind: Kind) -> dict[str, Any]:
    """How highdicom is told of series, instance and maker; a series holds one object."""
    number, description = SERIES[kind]
    return {
        "series_instance_uid": read.uid(*_parts(read, kind), "series"),
        "series_number": number,
        "series_description": description,
        "sop_instance_uid": read.uid(*_parts(read, kind)),
        "instance_number": 1,
        "manufacturer": MAKER,
        "manufacturer_model_name": MAKER,
        "software_versions": __version__,
        "device_serial_number": read.revision.model[:16] or NO_MODEL,
        "specific_character_set": "ISO_IR 192",
    }


def creator(read: SignedRead) -> str:
    """The reader as a person's name (PS3.5 6.2, VR PN): as the site gives it, else as it stands."""
    if read.verifier:
        return read.verifier
    kept = "".join(" " if c in "^=\\" or not c.isprintable() else c for c in read.revision.reader)
    return f"{' '.join(kept.split())[:60]}^"


def finish(read: SignedRead, made: Dataset, kind: Kind) -> Dataset:
    """Put in what highdicom does not know: the time of the signature in the place of now, the
    side of the body, the frame, and identifiers that do not change."""
    moment = read.signed_at.astimezone(_zone(read))
    for date, time in _DATES:
        if date in made or date in _ALWAYS:
            setattr(made, date, DA(moment.date()))
            setattr(made, time, TM(moment.time().replace(microsecond=0)))
    for item in made.get("ContributingEquipmentSequence", []):
        item.pop("ContributionDateTime", None)
    for item in made.get("VerifyingObserverSequence", []):
        item.VerificationDateTime = DT(read.signed_at.astimezone(UTC).replace(microsecond=0))
    if kind in _OF_ONE_SIDE:
        # Type 2C of General Series (PS3.3 C.7.3.1): empty where the file does not say.
        made.Laterality = read.source.header.get("Laterality", "")
    for name in _DEIDENTIFIED:
        if name in read.source.header and name not in made:
            made[name] = read.source.header[name]
    _name_dimensions(made, read.uid(*_parts(read, kind), "dimensions"))
    read.source.refer(made)
    return made


def _parts(read: SignedRead, kind: Kind) -> tuple[str, ...]:
    """What tells an object from others of its revision; of a heatmap also which one."""
    shows = kind in ("segmentation", "capture", "parametric-map") and read.heatmap is not None
    return (kind, read.heatmap.key) if shows and read.heatmap is not None else (kind,)


def _zone(read: SignedRead) -> timezone:
    """The offset that the file's own times have; UTC where it states none."""
    text = str(read.source.header.get("TimezoneOffsetFromUTC", ""))
    if len(text) != 5 or text[0] not in _OFFSETS or not text[1:].isdecimal():
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return timezone(-offset if text[0] == "-" else offset)


def _name_dimensions(made: Dataset, uid: str) -> None:
    for keyword in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in made.get(keyword, []):
            item.DimensionOrganizationUID = uid
