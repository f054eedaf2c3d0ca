"""The training program in a process of its own, beside a job that says how far it is.

The worker goes on with predictions and heatmaps meanwhile, which have more of the processor's time.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.domain.jobs import Job
from app.domain.permissions import needs, within
from app.services.workplace import Workplace
from dprotonet.errors import Cancelled

log = logging.getLogger(__name__)
LEASH = "app.runtime.leash"
OURS = ("DPROTONET_", "AWS_")  # how names of the environment begin that this program alone needs
LOOK_SECONDS = 0.5  # between two looks at the process
PATIENCE = 20.0  # seconds for it to leave
WRONG_USAGE = 2  # status of the training program where a person has to change something
_LOG_END = 20_000  # bytes of the log that are looked at


@needs("run the program")
def run(
    workplace: Workplace,
    job: Job,
    command: Sequence[str],
    log_file: Path,
    *,
    progress: Callable[[], float | None],
    stop: Callable[[], bool],
    logs_output: bool,
) -> int:
    """Run the program to its end.

    Args:
        log_file: to write what it says on standard error to.
        progress: how far it is, in [0, 1]; None where that is not known yet.
        logs_output: write its standard output there too; it is dropped otherwise.

    Returns:
        The status that it ended with.

    Raises:
        Cancelled: the job is not wanted any more, or the worker ends.
    """
    # The program needs none of ours: they hold the way to the database and to the stored files.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    with log_file.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", LEASH, *command],
            stdin=subprocess.PIPE,
            stdout=written if logs_output else subprocess.DEVNULL,
            stderr=written,
            env=environment | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        while process.poll() is None:
            time.sleep(LOOK_SECONDS)
            done = progress()
            with workplace.store.write() as tx:
                unwanted = tx.jobs.beat(job.job_id, progress=done, now=workplace.clock())
            if unwanted or stop():
                raise Cancelled
    finally:
        if process.stdin is not None:
            process.stdin.close()  # lets go of the leash
        process.wait(PATIENCE)
    return process.returncode


@within
def reason(workplace: Workplace, status: int, log_file: Path) -> str | None:
    """What a person has to change, in the program's own sentence; None where it says no such, and
    where files are de-identified: the sentence may quote a folder, a file or a row of a table."""
    lines = [line.strip() for line in end_of(log_file).splitlines() if line.strip()]
    if status == WRONG_USAGE and lines and workplace.pseudonyms is None:
        return lines[-1]
    # What it printed may name files, so that it stays out of the log and of the job's row.
    log.error("the training program ended with status %d", status)
    return None


def end_of(log_file: Path) -> str:
    """The last part of what the program said."""
    with log_file.open("rb") as stream:
        stream.seek(max(0, log_file.stat().st_size - _LOG_END))
        return stream.read().decode("utf-8", "replace")
