"""Studies to put into an archive."""

from __future__ import annotations

import io
from dataclasses import replace

from pydicom import Dataset, dcmread

from app.services.workplace import Workplace
from tests.app.services.workplaces import dicom
from tests.orthanc import Orthanc


def image(
    number: int,
    *,
    study: str = "1.2.3",
    series: str = "",
    patient: str = "P1",
    day: str = "20240105",
    **more: str,
) -> Dataset:
    """One small radiograph; its number makes it another one."""
    dataset = dcmread(io.BytesIO(dicom(number, study_uid=study, name="Doe^Jane")))
    if series:
        dataset.SeriesInstanceUID = series
    dataset.PatientID, dataset.StudyDate = patient, day
    dataset.StudyDescription, dataset.AccessionNumber = "Chest", f"A{study[-1]}"
    for name, value in more.items():
        setattr(dataset, name, value)
    return dataset


def with_archive(workplace: Workplace, orthanc: Orthanc) -> Workplace:
    """The same workplace where the site names this archive."""
    settings = replace(workplace.settings, archives=(orthanc.archive,))
    return replace(workplace, settings=settings)
