"""A command on a leash ends with its parent, and otherwise as it would alone."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.runtime import leash
from tests.paths import ROOT

FOREVER = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(600)
"""


def start(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.runtime.leash", *command], stdin=subprocess.PIPE, cwd=ROOT
    )


def pid_in(file: Path) -> int:
    end = time.monotonic() + 60
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < end, "the command never began"
        time.sleep(0.02)
    return int(file.read_text())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that ended and that nobody asked for its status yet is still listed.
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rsplit(") ", 1)[1].startswith("Z"))


def gone(pid: int) -> bool:
    end = time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_alive(pid)


@pytest.mark.parametrize("status", [0, 2])
def test_the_status_of_the_command_is_passed_on(status: int) -> None:
    with start(sys.executable, "-c", f"raise SystemExit({status})") as process:
        assert process.wait(60) == status


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process by its number")
def test_the_command_ends_when_the_other_end_of_the_leash_is_let_go(tmp_path: Path) -> None:
    with start(sys.executable, "-c", FOREVER, str(tmp_path / "pid")) as process:
        pid = pid_in(tmp_path / "pid")
        assert is_alive(pid)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == leash.CUT
        assert gone(pid)


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process by its number")
def test_the_command_ends_when_its_worker_is_killed(tmp_path: Path) -> None:
    parent = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "app.runtime.leash", sys.executable, "-c", {FOREVER!r},
                  {str(tmp_path / "pid")!r}], stdin=subprocess.PIPE)
time.sleep(600)
"""
    worker = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT)
    pid = pid_in(tmp_path / "pid")
    worker.kill()
    worker.wait(30)
    assert gone(pid)
