"""The objects as files, each recorded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from pydicom import dcmread

from app.domain.errors import Refused
from app.services.dicom_out import files, words
from app.services.workplace import Workplace
from tests.app.services.dicom_out.reads import image_file, sign, taken_in
from tests.app.services.workplaces import FakePool


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    found = taken_in(workplace, pool, image_file("dx"))
    sign(workplace, found)
    return found


def exports(workplace: Workplace) -> list[str]:
    with workplace.store.read() as tx:
        entries = list(tx.audit.entries())
    return [entry.content for entry in entries if entry.action == "DICOM objects exported"]


def test_a_zip_file_holds_them_with_what_was_not_made(workplace: Workplace, case_id: str) -> None:
    made = files.as_zip(workplace, case_id)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        names = archive.namelist()
        assert archive.read(files.NOTES).decode() == f"{words.NO_FRAME_OF_REFERENCE}\n"
        report = dcmread(io.BytesIO(archive.read("report.dcm")))
    assert names == [
        *("report.dcm", "presentation.dcm", "segmentation.dcm", "capture.dcm"),
        files.NOTES,
    ]
    assert report.file_meta.MediaStorageSOPInstanceUID == report.SOPInstanceUID


def test_the_same_revision_gives_the_same_zip_file_and_each_is_recorded(
    workplace: Workplace, case_id: str
) -> None:
    assert files.as_zip(workplace, case_id) == files.as_zip(workplace, case_id)
    first, second = exports(workplace)
    assert first == second and len(first) == 64


def test_a_folder_gets_them_as_files(workplace: Workplace, case_id: str, tmp_path: Path) -> None:
    written, not_made = files.into_folder(workplace, case_id, tmp_path / "out")
    assert [path.name for path in written] == sorted(
        (path.name for path in (tmp_path / "out").iterdir()),
        key=["report.dcm", "presentation.dcm", "segmentation.dcm", "capture.dcm"].index,
    )
    assert dcmread(written[0]).Modality == "SR" and len(not_made) == 1
    assert len(exports(workplace)) == 1


def test_a_folder_that_holds_something_is_left_alone(
    workplace: Workplace, case_id: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for folder in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(Refused, match="holds something already"):
            files.into_folder(workplace, case_id, folder)
    assert exports(workplace) == [] and not list(tmp_path.glob("*.dcm"))


def test_a_files_name_has_the_case_and_the_frame_alone() -> None:
    assert files.file_name("c1") == "dicom-c1.zip"
    assert files.file_name("c1", 2) == "dicom-c1-frame-3.zip"
