"""Workers as processes of their own on one PostgreSQL: started, killed at random, and what is there
afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from app.domain.jobs import BatchProgress
from app.services import batches
from app.services.audit import verifying
from app.services.workplace import Workplace
from tests.paths import ROOT

LOOK_SECONDS = 0.03


class WorkerProcesses:
    """Workers without a server; each that is killed gets a successor.

    Args:
        data: their data folder; None: that of the workplace.
    """

    def __init__(
        self, workplace: Workplace, count: int, *, log: Path, data: Path | None = None
    ) -> None:
        settings = workplace.settings
        self._environment = {
            **os.environ,
            "DPROTONET_DATA": str(data or settings.data),
            "DPROTONET_DATABASE_URL": settings.database_url,
            "DPROTONET_BLOBS": settings.bucket,
            "DPROTONET_MODELS": os.pathsep.join(
                str(folder) for folder in (settings.assets / "models", *settings.models)
            ),
            "DPROTONET_PATIENTS": "no",
            "OMP_NUM_THREADS": "1",
        }
        self._log = log.open("ab")
        self.processes = [self._start() for _ in range(count)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "app", "worker"],
            env=self._environment,
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def pids(self) -> list[int]:
        """Of the workers."""
        return [process.pid for process in self.processes]

    def kill(self, index: int) -> None:
        """End one by SIGKILL, and start another in its place."""
        self.processes[index].kill()
        self.processes[index].wait()
        self.processes[index] = self._start()

    def terminate(self, index: int, patience: float) -> int:
        """End one by SIGTERM; returns its status."""
        self.processes[index].send_signal(signal.SIGTERM)
        return self.processes[index].wait(patience)

    def end(self) -> None:
        """End all."""
        for process in self.processes:
            process.kill()
            process.wait()
        self._log.close()


@contextmanager
def working(
    workplace: Workplace, count: int, *, log: Path, data: Path | None = None
) -> Iterator[WorkerProcesses]:
    """Workers for a block."""
    processes = WorkerProcesses(workplace, count, log=log, data=data)
    try:
        yield processes
    finally:
        processes.end()


def until(is_done: Callable[[], object]) -> None:
    """Wait for what others do."""
    end = time.monotonic() + 120
    while not is_done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def kill_while_working(
    workplace: Workplace,
    job_id: str,
    processes: WorkerProcesses,
    *,
    kills: int,
    seed: int,
    patience: float,
) -> BatchProgress:
    """Kill every worker so many times, at moments chosen by chance while a batch goes on, and wait
    for its end.

    A worker is killed when it holds a file: what it then does is lost, unless another takes it up.

    Returns:
        Where the batch stands.
    """
    chance, end = random.Random(seed), time.monotonic() + patience
    left = [index for index in range(len(processes.processes)) for _ in range(kills)]
    chance.shuffle(left)
    state = batches.progress(workplace, job_id)
    next_at = _next(chance, state, len(left))
    while state.job.is_active:
        if time.monotonic() > end:
            raise AssertionError(f"the batch did not end: {dict(state.counts)}")
        if left and state.finished >= next_at and _holds_a_file(workplace, processes, left[-1]):
            processes.kill(left.pop())
            next_at = _next(chance, state, len(left))
        time.sleep(LOOK_SECONDS)
        state = batches.progress(workplace, job_id)
    assert not left, "the batch was over before all were killed"
    return state


def _next(chance: random.Random, state: BatchProgress, kills: int) -> float:
    """How many files are done when the next of so many kills comes: all come before the end."""
    return state.finished + chance.uniform(0.1, 0.6) * (state.total - state.finished) / (kills + 1)


def _holds_a_file(workplace: Workplace, processes: WorkerProcesses, index: int) -> bool:
    query = text(
        "SELECT count(*) FROM job_item JOIN worker ON worker.id = job_item.worker_id "
        "WHERE job_item.state = 'running' AND worker.pid = :pid"
    )
    with workplace.store.engine.connect() as connection:
        return bool(connection.scalar(query, {"pid": processes.pids[index]}))


def faults(workplace: Workplace, job_id: str, *, images: int) -> Mapping[str, int]:
    """What is missing or there twice after a batch of images that all differ; empty when all is
    well."""
    found: Counter[str] = Counter()
    counts = batches.progress(workplace, job_id).counts
    # An image that the model was not made for was read as well, and gets no label.
    found["files that are not done"] = images - counts.get("done", 0) - counts.get("refused", 0)
    for name, query in {
        "cases": 'SELECT file_sha256 FROM "case"',
        "predictions": "SELECT case_id FROM prediction",
        "audited cases": "SELECT subject FROM audit WHERE action = 'case added'",
        "cases of files": "SELECT case_id FROM job_item WHERE case_id IS NOT NULL",
    }.items():
        with workplace.store.engine.connect() as connection:
            keys = list(connection.scalars(text(query)))
        found[f"{name} lost"] = images - len(set(keys))
        found[f"{name} twice"] = len(keys) - len(set(keys))
    with workplace.store.read() as tx:
        named = tx.named_blobs()
    stored = set(workplace.blobs.all_keys())
    found["files missing"] = len(named - stored)
    found["what the audit does not agree with"] = verifying.verify(workplace).count
    return {name: count for name, count in found.items() if count}
