"""The objects as files: one ZIP file for a page, or a folder."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.audit.recording import record_case
from app.services.dicom_out.objects import MadeObjects, of_revision
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

KIND = "application/zip"
NOTES = "not-made.txt"
_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP file knows: the same objects, the same bytes


@needs("export")
def as_zip(
    workplace: Workplace, case_id: str, *, frame: int = 0, revision: int | None = None
) -> bytes:
    """The objects of a revision as a ZIP file, with a text of what was not made; the audit records
    it. Raises as :func:`app.services.dicom_out.objects.of_revision`."""
    made = of_revision(workplace, case_id, frame=frame, revision=revision)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _contents(made):
            archive.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    content = out.getvalue()
    _record(workplace, made, hashlib.sha256(content).hexdigest())
    return content


@needs("export")
def into_folder(
    workplace: Workplace,
    case_id: str,
    into: Path,
    *,
    frame: int = 0,
    revision: int | None = None,
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The objects of a revision as files in a new or empty folder; the audit records it.

    Returns:
        The files, and a sentence about each kind that was not made.

    Raises:
        Refused: the folder holds something; and as
            :func:`app.services.dicom_out.objects.of_revision`.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise Refused(f"{into} holds something already. Give a new folder, or empty it.")
    made = of_revision(workplace, case_id, frame=frame, revision=revision)
    contents = [(f"{one.name}.dcm", as_bytes(one.dataset)) for one in made.objects]
    every = hashlib.sha256(b"".join(content for _, content in contents))
    _record(workplace, made, every.hexdigest())
    into.mkdir(parents=True, exist_ok=True)
    for name, content in contents:
        (into / name).write_bytes(content)
    return tuple(into / name for name, _ in contents), made.not_made


def file_name(case_id: str, frame: int = 0) -> str:
    """That a browser saves the ZIP file under."""
    return f"dicom-{case_id}{f'-frame-{frame + 1}' if frame else ''}.zip"


def as_bytes(dataset: Dataset) -> bytes:
    """A whole file of PS3.10."""
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _contents(made: MadeObjects) -> Iterator[tuple[str, bytes]]:
    for one in made.objects:
        yield f"{one.name}.dcm", as_bytes(one.dataset)
    if made.not_made:
        yield NOTES, "".join(f"{sentence}\n" for sentence in made.not_made).encode()


def _record(workplace: Workplace, made: MadeObjects, content: str) -> None:
    with workplace.store.write() as tx:
        case = tx.cases.get(made.case_id)
        record_case(workplace, tx, "DICOM objects exported", case, content=content)
