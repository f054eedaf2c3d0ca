"""One process for one data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.runtime.folder_lock import FolderLock, Taken
from tests.paths import ROOT

HOLD = """
import sys, time
from pathlib import Path
from app.runtime.folder_lock import FolderLock
with FolderLock(Path(sys.argv[1]), note="the first, process 7"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, cwd=ROOT
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(Taken, match="the first, process 7"), FolderLock(path):
            pass
        holder.kill()  # however it ends, the lock is free again
    with FolderLock(path, note="second"):
        assert path.read_text() == "second"
    assert path.read_text() == ""


def test_the_lock_is_waited_for_when_asked(tmp_path: Path) -> None:
    import threading

    first = FolderLock(tmp_path / "lock")
    first.__enter__()
    threading.Timer(0.3, first.__exit__, (None, None, None)).start()
    with FolderLock(tmp_path / "lock", patience=20):
        pass
