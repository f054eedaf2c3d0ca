"""The server with its worker: started, answering, stopped, and one on each data folder."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from app.cli import serve
from app.cli.main import main
from app.runtime.folder_lock import FolderLock
from app.settings import Settings
from tests.app.disks import disk, fill, read_only
from tests.paths import ROOT

__all__ = ["disk"]


def test_a_second_server_on_one_folder_says_so(data: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["migrate"]) == 0
    with FolderLock(data / ".server.lock", note="http://127.0.0.1:8501, process 7"):
        assert main([]) == 1
    assert "http://127.0.0.1:8501, process 7" in capsys.readouterr().err


def test_a_start_on_a_read_only_or_full_disk_is_one_sentence(
    disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DPROTONET_DATA", str(disk / "data"))
    monkeypatch.setattr(os, "umask", lambda mask: 0)
    monkeypatch.setattr(
        "app.server.asgi.serve", lambda settings, token: pytest.fail("it was started")
    )
    assert main(["migrate"]) == 0
    with read_only(disk):
        assert main([]) == 1
    assert "The data folder is read-only" in capsys.readouterr().err
    (disk / "data" / "review.sqlite3-reserve").unlink()
    fill(disk)
    assert main([]) == 1
    assert "The disk is full" in capsys.readouterr().err


def test_what_a_kill_left_half_written_is_removed_at_a_start_but_not_beside_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "LEAVING", 0.0)
    settings = Settings(tmp_path)
    half = settings.blobs / ".staging" / "half"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"a second ago")
    with FolderLock(settings.worker_lock):
        serve.remove_half_written(settings)
    assert half.exists()
    serve.remove_half_written(settings)
    assert not half.exists()


def test_beside_workers_of_other_machines_only_what_is_hours_old_is_removed_at_a_start(
    tmp_path: Path,
) -> None:
    settings = Settings(tmp_path, database_url="postgresql+psycopg://u@h/n")
    half, old = (settings.blobs / ".staging" / name for name in ("half", "old"))
    half.parent.mkdir(parents=True)
    half.write_bytes(b"a second ago")
    old.write_bytes(b"yesterday")
    os.utime(old, (time.time() - 86400,) * 2)
    serve.remove_half_written(settings)
    assert half.exists() and not old.exists()


def is_answered(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_the_whole_program_starts_answers_and_stops_with_its_worker(
    tmp_path: Path, assets: Path
) -> None:
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
            if is_answered(f"http://127.0.0.1:{port}/healthz"):
                break
            time.sleep(0.2)
        while not (tmp_path / "data" / ".worker.lock").exists():
            assert time.monotonic() < end
            time.sleep(0.1)
        while not is_answered(f"http://127.0.0.1:{port}/readyz"):
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        process.terminate()
    assert process.wait(40) == 0
    # Both locks are free: neither server nor worker is left.
    for name in (".server.lock", ".worker.lock"):
        with FolderLock(tmp_path / "data" / name, patience=10):
            pass
