"""The command ``dicom-out``: a signed read as DICOM objects in a folder."""

from __future__ import annotations

from contextlib import closing

from app import bootstrap
from app.cli.requests import DicomOut
from app.services.dicom_out import files
from app.settings import Settings


def write(settings: Settings, request: DicomOut) -> int:
    """Write the objects of a revision, and print their files and what was not made."""
    with closing(bootstrap.open_workplace(settings)) as workplace:
        written, not_made = files.into_folder(
            workplace,
            request.case,
            request.out,
            frame=request.frame - 1,
            revision=request.revision,
        )
    for path in written:
        print(path)
    for sentence in not_made:
        print(sentence)
    return 0
