"""The measurement groups of a report that speak of the whole image (TID 1501)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from app.services.dicom_out import codes as own
from app.services.dicom_out.equipment import algorithm
from app.services.dicom_out.signed import SignedRead

if TYPE_CHECKING:
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        SourceImageForMeasurementGroup,
    )
    from highdicom.sr.templates import _MeasurementsAndQualitativeEvaluations as Group


def of_prediction(read: SignedRead) -> list[MeasurementsAndQualitativeEvaluations]:
    """One group for each class that the model called: algorithm and calibrated probability."""
    from highdicom.sr import (
        AlgorithmIdentification,
        Measurement,
        MeasurementsAndQualitativeEvaluations,
        TrackingIdentifier,
    )

    facts = algorithm(read)
    found = []
    for name, probability in read.probabilities.items():
        measured = Measurement(codes.DCM.Probability, round(probability, 6), codes.UCUM.NoUnits)
        found.append(
            MeasurementsAndQualitativeEvaluations(
                tracking_identifier=TrackingIdentifier(
                    read.tracking(f"class:{name}"), f"Model: {own.one_line(name, 50)}"
                ),
                finding_type=own.class_code(name, read.codes),
                algorithm_id=AlgorithmIdentification(
                    facts.name,
                    facts.version,
                    parameters=[facts.parameter],
                    family=codes.DCM.ArtificialIntelligence,
                    manufacturer=facts.maker,
                ),
                measurements=[measured],
                source_images=[_image(read)],
            )
        )
    return found


def of_read(read: SignedRead) -> MeasurementsAndQualitativeEvaluations:
    """What the reader says of the prediction and of the image."""
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        TrackingIdentifier,
    )

    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(read.uid("read"), "Reader"),
        finding_type=label_code(read),
        qualitative_evaluations=[
            QualitativeEvaluation(name, value) for name, value in _evaluations(read)
        ],
        source_images=[_image(read)],
    )
    add_comment(group, read.revision.text)
    return group


def label_code(read: SignedRead) -> Code | None:
    """The code of what the reader says it is; None where the reader names nothing."""
    label = read.readers_label
    return None if label is None else own.class_code(label, read.codes)


def add_comment(group: Group, text: str) -> None:
    """Free text of the reader at the end of a group; nothing where there is none."""
    from highdicom.sr import TextContentItem

    lines = (own.printed(line) for line in text.splitlines())
    kept = "\r\n".join(lines).strip()
    if kept:
        item = TextContentItem(codes.DCM.Comment, kept, "CONTAINS")
        group[0].ContentSequence.append(item)


def _evaluations(read: SignedRead) -> list[tuple[Code, Code]]:
    revision = read.revision
    found = [
        (own.VERDICT, own.VERDICTS[revision.verdict]),
        (own.CONFIDENCE, own.CONFIDENCES[revision.confidence]),
    ]
    if revision.reason is not None:
        found.append((own.REASON, own.REASONS[revision.reason]))
    if revision.region is not None:
        found.append((own.REGION, own.REGIONS[revision.region]))
    return found


def _image(read: SignedRead) -> SourceImageForMeasurementGroup:
    from highdicom.sr import SourceImageForMeasurementGroup

    header = read.source.header
    return SourceImageForMeasurementGroup(header.SOPClassUID, header.SOPInstanceUID)
