"""``new-key`` and ``reidentify``."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bootstrap import open_workplace
from app.cli.main import main
from app.services.uploading import intake
from app.settings import Settings
from tests.app.services.workplaces import dicom


def test_a_key_is_made_and_leads_back_to_the_person(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    assert main(["new-key", str(key)]) == 0
    assert main(["new-key", str(key)]) == 1
    monkeypatch.setenv("DPROTONET_PSEUDONYM_KEY", str(key))
    monkeypatch.setenv("DPROTONET_PATIENTS", "yes")
    assert main(["migrate"]) == 0
    workplace = open_workplace(Settings.from_environment())
    try:
        name = intake.add(workplace, dicom(1, name="Doe^Jane"), name="a.dcm", predict=False).name
    finally:
        workplace.close()
    capsys.readouterr()
    assert main(["reidentify", name]) == 0
    assert "PatientName: Doe^Jane" in capsys.readouterr().out
    assert main(["reidentify", "P-none"]) == 1
    monkeypatch.delenv("DPROTONET_PSEUDONYM_KEY")
    assert main(["reidentify", name]) == 1
    out, err = capsys.readouterr()
    assert "Doe" not in out and "there is no key" in err
