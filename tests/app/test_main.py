"""The one command: wrong settings are sentences, and the other commands do their work."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.__main__ import main
from app.runtime.folder_lock import FolderLock
from tests.app.disks import disk, fill, read_only
from tests.app.services.workplaces import assets
from tests.paths import ROOT

__all__ = ["assets", "disk"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(os, "umask", lambda mask: 0)
    return tmp_path / "data"


def test_a_wrong_setting_ends_with_2_and_its_sentence(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DPROTONET_ADDRESS", "0.0.0.0")
    assert main([]) == 2
    assert "DPROTONET_BEHIND_PROXY=1" in capsys.readouterr().err
    assert not data.exists()


def test_migrate_makes_a_private_folder_and_backup_writes_into_it(
    data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["backup"]) == 1
    assert "nothing to back up" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert (data / "review.sqlite3").is_file()
    assert data.stat().st_mode & 0o777 == 0o700
    assert main(["backup"]) == 0
    assert Path(capsys.readouterr().out.splitlines()[-1]).is_file()


def test_a_second_server_on_one_folder_says_so(data: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["migrate"]) == 0
    with FolderLock(data / ".server.lock", note="http://127.0.0.1:8501, process 7"):
        assert main([]) == 1
    assert "http://127.0.0.1:8501, process 7" in capsys.readouterr().err


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
            said = capsys.readouterr().err
            assert sentence in said and "Traceback" not in said and "secret" not in said


def test_a_start_on_a_read_only_or_full_disk_is_one_sentence(
    disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DPROTONET_DATA", str(disk / "data"))
    monkeypatch.setattr(os, "umask", lambda mask: 0)
    monkeypatch.setattr("app.server.asgi.serve", lambda settings: pytest.fail("it was started"))
    assert main(["migrate"]) == 0
    with read_only(disk):
        assert main([]) == 1
    assert "The data folder is read-only" in capsys.readouterr().err
    (disk / "data" / "review.sqlite3-reserve").unlink()
    fill(disk)
    assert main([]) == 1
    assert "The disk is full" in capsys.readouterr().err


def test_models_are_added_listed_and_activated(
    data: Path, assets: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.settings.ASSETS", assets)
    monkeypatch.setattr("app.settings.Settings.model_folders", property(lambda s: (s.own_models,)))
    assert main(["models", "add", str(assets / "models" / "chest-phantom")]) == 0
    assert main(["models", "add", str(assets / "models" / "nih-pneumonia")]) == 0
    assert main(["models", "activate", "chest-phantom"]) == 0
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:15] for line in lines[-2:]] == ["* chest-phantom", "  nih-pneumonia"]
    assert main(["models", "add", str(assets / "models" / "nih-pneumonia"), "--activate"]) == 0
    assert "New uploads are read with nih-pneumonia" in capsys.readouterr().out
    assert main(["models", "activate", "none-such"]) == 1
    assert main(["models", "add", str(assets)]) == 1
    assert "none-such" in (err := capsys.readouterr().err) and str(assets) in err


def test_the_whole_program_starts_answers_and_stops_with_its_worker(
    tmp_path: Path, assets: Path
) -> None:
    import socket
    import urllib.request

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DPROTONET_DATA": str(tmp_path / "data"),
        "DPROTONET_MODELS": str(assets / "models"),
        "DPROTONET_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen([sys.executable, "-m", "app"], env=environment, cwd=ROOT)
    try:
        end = time.monotonic() + 120
        while True:
            assert process.poll() is None and time.monotonic() < end
            try:
                place = f"http://127.0.0.1:{port}/api/health"
                with urllib.request.urlopen(place, timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                time.sleep(0.2)
        while not (tmp_path / "data" / ".worker.lock").exists():
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        process.terminate()
    assert process.wait(40) == 0
    # Both locks are free: neither server nor worker is left.
    for name in (".server.lock", ".worker.lock"):
        with FolderLock(tmp_path / "data" / name, patience=10):
            pass
