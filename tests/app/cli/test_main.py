"""Whatever cannot be done is one sentence and an exit status, never a traceback."""

from pathlib import Path

import pytest

from app.cli.main import main


def test_a_wrong_setting_ends_with_2_and_its_sentence(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DPROTONET_ADDRESS", "0.0.0.0")
    assert main([]) == 2
    assert "DPROTONET_SIGN_IN=accounts" in capsys.readouterr().err
    assert not data.exists()


def test_a_start_that_cannot_be_is_one_sentence_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"Dear colleague, " * 999)
    folder, gone = tmp_path / "data", f"postgresql://reader:secret@/images?host={tmp_path}"
    for data, url, sentence in (
        (folder, gone, "The database cannot be reached"),
        (folder, f"sqlite:///{broken}", "The database is damaged"),
        (folder, f"sqlite:///{tmp_path}/none/r.sqlite3", "The database file cannot be opened"),
        (tmp_path / "file" / "data", "", "cannot be used as the data folder"),
    ):
        monkeypatch.setenv("DPROTONET_DATA", str(data))
        monkeypatch.setenv("DPROTONET_DATABASE_URL", url)
        for command in ([], ["migrate"], ["models", "list"]):
            assert main(command) == 1
            printed = capsys.readouterr().err
            assert sentence in printed and "Traceback" not in printed and "secret" not in printed
