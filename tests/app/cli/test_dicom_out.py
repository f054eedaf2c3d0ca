"""The command that writes a signed read as DICOM objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import bootstrap
from app.cli import arguments, dicom_out
from app.cli.requests import DicomOut
from app.domain.errors import Refused
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.dicom_out.reads import image_file, sign, taken_in
from tests.app.services.workplaces import FakePool, make_workplace


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Workplace:
    return make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)


def test_the_arguments_name_case_folder_frame_and_revision() -> None:
    assert arguments.parse(["dicom-out", "c1", "--out", "x"]) == DicomOut("c1", Path("x"), 1, None)
    parsed = arguments.parse(["dicom-out", "c1", "--out", "x", "--frame", "2", "--revision", "3"])
    assert parsed == DicomOut("c1", Path("x"), 2, 3)


def test_it_writes_the_objects_and_says_what_is_missing(
    workplace: Workplace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case_id = taken_in(workplace, FakePool(), image_file("dx"))
    sign(workplace, case_id)
    monkeypatch.setattr(bootstrap, "open_workplace", lambda settings: workplace)
    out = tmp_path / "out"
    assert dicom_out.write(workplace.settings, DicomOut(case_id, out, 1, None)) == 0
    said = capsys.readouterr().out.splitlines()
    assert [Path(line).name for line in said[:4]] == [
        *("report.dcm", "presentation.dcm", "segmentation.dcm", "capture.dcm")
    ]
    assert "no frame of reference" in said[4]
    assert sorted(path.suffix for path in out.iterdir()) == [".dcm"] * 4


def test_it_refuses_what_nobody_signed_and_makes_no_folder(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = taken_in(workplace, FakePool(), image_file("dx"), explains=False)
    monkeypatch.setattr(bootstrap, "open_workplace", lambda settings: workplace)
    with pytest.raises(Refused, match="Nobody has signed"):
        dicom_out.write(workplace.settings, DicomOut(case_id, tmp_path / "out", 1, None))
    assert not (tmp_path / "out").exists()
