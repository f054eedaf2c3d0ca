"""A small dask cluster of real processes on the loopback device."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.paths import ROOT


@contextmanager
def cluster(folder: Path, *, workers: int) -> Iterator[str]:
    """A scheduler that gives a task up when a second worker died with it; its address."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    }
    processes = []
    try:
        command = [sys.executable, "-m", "dask"]
        scheduler = subprocess.Popen(
            [*command, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(scheduler)
        address = _address(scheduler)
        small = ["--nworkers", str(workers), "--nthreads", "2", "--no-dashboard"]
        with (folder / "workers.log").open("wb") as log:
            processes.append(
                subprocess.Popen(
                    [*command, "worker", address, *small, "--local-directory", str(folder)],
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
            )
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
            if process.stderr is not None:
                process.stderr.close()
            process.wait(30)


def _address(scheduler: subprocess.Popen[str]) -> str:
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        found = re.search(r"tcp://127\.0\.0\.1:\d+", line)
        if found:
            return found[0]
    raise RuntimeError("the scheduler did not say its address")
