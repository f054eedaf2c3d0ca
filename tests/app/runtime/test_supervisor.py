"""The worker is started again when it dies, and never outlives the server."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.runtime.supervisor import Supervisor, supervised

WAIT = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
DIE = (sys.executable, "-c", "raise SystemExit(3)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
)


def until(is_done: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_dies_is_started_again() -> None:
    with Supervisor(command=DIE, first_rest=0.05) as supervisor:
        until(lambda: supervisor.starts >= 3)


def test_a_killed_worker_gets_a_successor_and_the_last_ends_with_the_block() -> None:
    with Supervisor(command=WAIT, first_rest=0.05) as supervisor:
        until(lambda: supervisor.pid)
        first = supervisor.pid
        assert first is not None
        os.kill(first, 9)
        until(lambda: supervisor.pid not in (None, first))
        second = supervisor.pid
    assert second is not None and not is_alive(second)


def test_a_worker_that_does_not_leave_is_killed(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("app.runtime.supervisor.PATIENCE", 0.3)
    with Supervisor(command=STUBBORN) as supervisor:
        until(lambda: supervisor.pid)
        pid = supervisor.pid
    assert pid is not None and not is_alive(pid)


SAY = (
    sys.executable,
    "-c",
    "import os, sys; open(sys.argv[1] + str(os.getpid()), 'w').write(os.environ.get("
    "'OMP_NUM_THREADS', 'all')); sys.stdin.buffer.read()",
)


@pytest.mark.parametrize(("count", "threads"), [(0, set()), (1, {"all"}), (3, {"1"})])
def test_of_several_workers_each_has_one_thread(
    count: int, threads: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with supervised(count, command=(*SAY, f"{tmp_path}/")) as supervisors:
        until(lambda: len([path for path in tmp_path.iterdir() if written(path)]) == count)
        pids = [supervisor.pid for supervisor in supervisors]
        assert {int(path.name) for path in tmp_path.iterdir()} == set(pids)
        assert set(map(written, tmp_path.iterdir())) == threads
    assert not any(is_alive(pid) for pid in pids if pid is not None)


def written(path: Path) -> str:
    return path.read_text()


def test_how_many_threads_a_worker_has_is_the_environments_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with supervised(2, command=(*SAY, f"{tmp_path}/")):
        until(lambda: [written(path) for path in tmp_path.iterdir()] == ["2", "2"])
