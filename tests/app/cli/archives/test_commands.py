"""The commands of archives against a real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.main import main
from tests.app.services.archives.studies import image
from tests.orthanc import PASSWORD, USER, Orthanc


@pytest.fixture
def described(
    data: Path, tmp_path: Path, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> Orthanc:
    """The archive, as the environment names it."""
    file = tmp_path / "archives.toml"
    file.write_text(
        f'[[archive]]\nname = "main"\naddress = "{orthanc.archive.search}"\n'
        f'user = "{USER}"\npassword_env = "PACS"\n'
    )
    monkeypatch.setenv("DPROTONET_ARCHIVES", str(file))
    monkeypatch.setenv("PACS", PASSWORD)
    monkeypatch.setenv("DPROTONET_PATIENTS", "no")
    return orthanc


def test_archives_are_listed_searched_and_brought_in_from(
    described: Orthanc, capsys: pytest.CaptureFixture[str]
) -> None:
    described.hold(image(1), image(2), image(3, study="1.2.4", day="20200101"))
    assert main(["archives", "list"]) == 0
    assert capsys.readouterr().out == "main  answers\n"
    assert main(["archives", "search", "main", "--from", "2024-01-01", "--modality", "dx"]) == 0
    found = capsys.readouterr().out
    assert found == "1.2.3  2024-01-05  DX  2 images  P1  A3  Chest\n" and "Doe" not in found
    assert main(["archives", "search", "main", "--limit", "1"]) == 0
    assert "There may be more: --offset 1" in capsys.readouterr().out
    assert main(["archives", "search", "main", "--patient-id", "nobody"]) == 0
    assert "no such study" in capsys.readouterr().out
    assert main(["archives", "fetch", "main", "1.2.3", "--priors", "1"]) == 0
    assert "waits for the worker" in capsys.readouterr().out


def test_nothing_is_shown_before_it_is_known_whether_it_may_be(
    described: Orthanc, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DPROTONET_PATIENTS")
    described.hold(image(1))
    assert main(["archives", "search", "main"]) == 1
    said = capsys.readouterr()
    assert "P1" not in said.out and "It was not said yet" in said.err


def test_what_is_wrong_is_told(
    described: Orthanc,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["archives", "search", "other"]) == 1
    assert "no archive of this name" in capsys.readouterr().err
    assert main(["archives", "fetch", "main", "1/2"]) == 1
    assert "by its UID" in capsys.readouterr().err
    monkeypatch.setenv("PACS", "wrong")
    assert main(["archives", "list"]) == 1
    assert "does not accept the user or token" in capsys.readouterr().out
    monkeypatch.delenv("PACS")
    assert main(["archives", "list"]) == 2
    assert "the variable PACS, which is empty" in capsys.readouterr().err


def test_without_archives_the_list_says_how_to_name_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["archives", "list"]) == 0
    assert "DPROTONET_ARCHIVES" in capsys.readouterr().out
