"""What the reader drew, as measurement groups of a report: regions, lengths and angles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from app.domain.marks import Mark
from app.services.dicom_out import codes as own
from app.services.dicom_out.groups import add_comment, label_code
from app.services.dicom_out.shapes import Measured, drawn, measured
from app.services.dicom_out.signed import SignedRead

if TYPE_CHECKING:
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        PlanarROIMeasurementsAndQualitativeEvaluations,
        SourceImageForRegion,
    )

_UNITS = {"mm": codes.UCUM.Millimeter, "px": own.PIXELS, "°": own.ANGLE_DEGREES}


def of_marks(
    read: SignedRead,
) -> list[MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations]:
    """One group for each mark; what was hidden or kept to see what the model says is none."""
    found: list[
        MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations
    ] = []
    for number, mark in enumerate(read.marks, 1):
        value = measured(mark, read.image)
        group = _region(read, mark, number) if value is None else _line(read, mark, number, value)
        add_comment(group, mark.text)
        found.append(group)
    return found


def _region(
    read: SignedRead, mark: Mark, number: int
) -> PlanarROIMeasurementsAndQualitativeEvaluations:
    from highdicom.sr import (
        ImageRegion,
        PlanarROIMeasurementsAndQualitativeEvaluations,
        TrackingIdentifier,
    )

    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(read.uid("mark", number), f"Mark {number}"),
        referenced_region=ImageRegion(*drawn(mark), _image(read)),
        finding_type=label_code(read) if mark.purpose == "finding" else None,
    )


def _line(
    read: SignedRead, mark: Mark, number: int, value: Measured
) -> MeasurementsAndQualitativeEvaluations:
    from highdicom.sr import (
        CoordinatesForMeasurement,
        Measurement,
        MeasurementsAndQualitativeEvaluations,
        TrackingIdentifier,
    )

    name: Code = codes.SCT.Angle if mark.kind == "angle" else codes.SCT.Length
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(read.uid("mark", number), f"Mark {number}"),
        measurements=[
            Measurement(
                name,
                round(value.value, 3),
                _UNITS[value.unit],
                referenced_coordinates=[CoordinatesForMeasurement(*drawn(mark), _image(read))],
            )
        ],
    )


def _image(read: SignedRead) -> SourceImageForRegion:
    from highdicom.sr import SourceImageForRegion

    header = read.source.header
    return SourceImageForRegion(header.SOPClassUID, header.SOPInstanceUID)
