"""The report: Comprehensive 3D SR by template TID 1500, what the model said and the reader too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import Comprehensive3DSRStorage

from app.services.dicom_out import regions
from app.services.dicom_out.codes import scheme_items
from app.services.dicom_out.equipment import MAKER, Kind, creator, finish, series
from app.services.dicom_out.groups import of_prediction, of_read
from app.services.dicom_out.image_library import image_library
from app.services.dicom_out.signed import SignedRead
from app.services.dicom_out.uids import uid

if TYPE_CHECKING:
    from highdicom.sr import MeasurementReport, ObservationContext

_KIND: Kind = "report"


def report(read: SignedRead) -> Dataset:
    """The report of a revision.

    It is complete, since it was signed. It is verified, and final, only where the site names its
    reader as one who verifies: nobody else answers for it outside of this program.
    """
    from highdicom.sr import Comprehensive3DSR

    is_verified = bool(read.verifier)
    named = series(read, _KIND)
    made = Comprehensive3DSR(
        evidence=[read.source.header],
        content=_content(read),
        is_complete=True,
        is_final=is_verified,
        is_verified=is_verified,
        verifying_observer_name=read.verifier or None,
        verifying_organization=read.site.organisation or None,
        institution_name=read.site.organisation or None,
        previous_versions=[_before(read)] if read.replaces else None,
        performed_procedure_codes=_procedures(read),
        coding_schemes=scheme_items(),
        **named,
    )
    return finish(read, made, _KIND)


def _content(read: SignedRead) -> Dataset:
    from highdicom.sr import MeasurementReport

    found: MeasurementReport = MeasurementReport(
        observation_context=_observers(read),
        procedure_reported=_procedures(read) or codes.SCT.ImagingProcedure,
        imaging_measurements=[
            *of_prediction(read),
            of_read(read),
            *regions.of_marks(read),
        ],
    )
    root: Dataset = found[0]
    # Row 6 of TID 1500, before the measurements of row 7.
    root.ContentSequence.insert(len(root.ContentSequence) - 1, image_library(read.source.header))
    return root


def _observers(read: SignedRead) -> ObservationContext:
    from highdicom.sr import (
        DeviceObserverIdentifyingAttributes,
        ObservationContext,
        ObserverContext,
        PersonObserverIdentifyingAttributes,
    )

    person = PersonObserverIdentifyingAttributes(
        name=creator(read), organization_name=read.site.organisation or None
    )
    device = DeviceObserverIdentifyingAttributes(
        uid=uid("device", read.revision.model),
        name=MAKER,
        manufacturer_name=MAKER,
        model_name=MAKER,
    )
    return ObservationContext(
        observer_person_context=ObserverContext(codes.DCM.Person, person),
        observer_device_context=ObserverContext(codes.DCM.Device, device),
    )


def _procedures(read: SignedRead) -> list[Code]:
    """The procedure that the image's file names."""
    found = []
    for item in read.source.header.get("ProcedureCodeSequence", []):
        parts = [item.get(k) for k in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")]
        if all(parts):
            found.append(Code(*map(str, parts)))
    return found


def _before(read: SignedRead) -> Dataset:
    """The report of the revision before, which this one takes the place of."""
    found = Dataset()
    found.SOPClassUID = Comprehensive3DSRStorage
    found.SOPInstanceUID = read.uid_before(_KIND)
    found.SeriesInstanceUID = read.uid_before(_KIND, "series")
    found.StudyInstanceUID = read.source.header.StudyInstanceUID
    return found
