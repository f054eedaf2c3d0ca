"""Keeps the worker processes alive beside the server."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType

log = logging.getLogger(__name__)
COMMAND = (sys.executable, "-m", "app.runtime.worker", "--until-stdin-closes")
LONGEST_REST = 30.0  # seconds between two starts of a worker that keeps dying
STEADY = 60.0  # seconds after which a worker counts as well
PATIENCE = 10.0  # seconds for a worker to leave before it is killed
# Where several run on a machine each has one thread: two whose threads wait for each other's
# processors took 119 s of processor time for what takes 11 s.
OF_SEVERAL = {"OMP_NUM_THREADS": "1"}
# Threads that wait must not spin long: they would take the time of the server and of the decoder.
# Memory kept by the allocator spares a page fault a buffer, which costs a model half its speed.
ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "2000",
    "MALLOC_TRIM_THRESHOLD_": "536870912",
    "MALLOC_TOP_PAD_": "67108864",
    "MALLOC_ARENA_MAX": "2",
}


class Supervisor:
    """Starts the worker, starts it again when it dies, and ends it with the ``with`` block."""

    def __init__(
        self,
        *,
        command: Sequence[str] = COMMAND,
        environment: Mapping[str, str] | None = None,
        first_rest: float = 0.5,
    ) -> None:
        self._command = list(command)
        self._environment = {**ENVIRONMENT, **(environment or {}), **os.environ}
        self._first_rest = first_rest  # seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """Of the worker, while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the worker, and watch it."""
        self._thread.start()

    def ask_to_end(self) -> None:
        """Let the worker leave; returns at once."""
        self._stop.set()

    def wait(self) -> None:
        """Until the worker that was asked to has left, or was killed."""
        if self._thread.ident is not None:
            self._thread.join(PATIENCE + 5)

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ask_to_end()
        self.wait()

    def _watch(self) -> None:
        rest = self._first_rest
        while not self._stop.is_set():
            started = time.monotonic()
            self._process = process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, env=self._environment
            )
            self.starts += 1
            while process.poll() is None and not self._stop.wait(0.1):
                pass
            if self._stop.is_set():
                break
            if process.stdin is not None:
                process.stdin.close()
            rest = self._first_rest if time.monotonic() - started > STEADY else rest
            log.error("the worker ended with status %s and is started again", process.returncode)
            self._stop.wait(rest)
            rest = min(rest * 2, LONGEST_REST)
        self._end()

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def supervised(count: int, *, command: Sequence[str] = COMMAND) -> Iterator[Sequence[Supervisor]]:
    """Workers beside a ``with`` block, each started again when it dies.

    Args:
        count: of them; 0 for none.
        command: that starts one.
    """
    environment = OF_SEVERAL if count > 1 else {}
    supervisors = [Supervisor(command=command, environment=environment) for _ in range(count)]
    try:
        for supervisor in supervisors:
            supervisor.start()
        yield supervisors
    finally:  # all are asked before any is waited for
        for supervisor in supervisors:
            supervisor.ask_to_end()
        for supervisor in supervisors:
            supervisor.wait()
