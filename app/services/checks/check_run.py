"""The worker's side of a check: the training program in a process of its own, and its report.

The worker goes on with predictions and heatmaps meanwhile, which have more of the processor's time.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.domain.checks import CheckRequest
from app.domain.errors import Refused
from app.domain.jobs import Job, JobState
from app.services import batches
from app.services.checks import checking
from app.services.inference.failures import sentence
from app.services.workplace import Workplace
from app.store.checks.check_jobs import STOPPED
from dprotonet.errors import Cancelled, ReadableError
from dprotonet.images.file_names import path_of

log = logging.getLogger(__name__)
LEASH = "app.runtime.leash"
LOOK_SECONDS = 0.5  # between two looks at the process
PATIENCE = 20.0  # seconds for it to leave
WRONG_USAGE = 2  # status of the training program where a person has to change something
_LOG_END = 20_000  # bytes of the log that are looked at


def claim(workplace: Workplace) -> tuple[Job, CheckRequest] | None:
    """Take the next check, if there is one and none is at work."""
    with workplace.store.read() as tx:
        if not tx.checks.is_any_waiting():
            return None
    with workplace.store.write() as tx:
        return tx.checks.claim(workplace.clock())


def run(workplace: Workplace, job: Job, request: CheckRequest, *, stop: Callable[[], bool]) -> None:
    """Do one check, and say in its row how it ended."""
    folder = checking.folder_of(workplace, job.job_id)
    try:
        _check(workplace, job, request, folder, stop)
    except Cancelled:
        _finish(workplace, job, "cancelled", STOPPED if stop() else "Cancelled.")
        shutil.rmtree(folder, ignore_errors=True)
    except Exception as error:
        _finish(workplace, job, "failed", sentence(error))
        shutil.rmtree(folder, ignore_errors=True)
    else:
        _finish(workplace, job, "done", "")


def command(workplace: Workplace, job: Job, request: CheckRequest, folder: Path) -> list[str]:
    """The training program's arguments.

    Raises:
        Refused: the folder may no longer be read, or a class begins as an option does.
    """
    # Asked again: the settings, or a link on the way, may have changed since.
    data = batches.allowed_folder(workplace, path_of(request.folder))
    names = [f"--map={name}={meant}" for name, meant in request.names.items()]
    if any("=" in name for name in request.names):
        raise Refused("The name of a class folder holds “=”. Give it another name.")
    return [
        *(sys.executable, "-m", "training", "accept"),
        str(workplace.models.get(job.model or "").path),
        f"--data={data}",
        f"--out={folder}",
        f"--progress={folder / 'progress.json'}",
        f"--by={request.by}",
        *([f"--table={request.table}"] if request.table else []),
        *names,
    ]


def _check(
    workplace: Workplace,
    job: Job,
    request: CheckRequest,
    folder: Path,
    stop: Callable[[], bool],
) -> None:
    arguments = command(workplace, job, request, folder)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    log_file = folder / "log.txt"
    # The program needs none of ours: the address of the database may hold a password.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DPROTONET_")}
    with log_file.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", LEASH, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=written,
            env=environment,
        )
    try:
        while process.poll() is None:
            time.sleep(LOOK_SECONDS)
            with workplace.store.write() as tx:
                unwanted = tx.jobs.beat(
                    job.job_id, progress=_progress(folder), now=workplace.clock()
                )
            if unwanted or stop():
                raise Cancelled
    finally:
        if process.stdin is not None:
            process.stdin.close()  # lets go of the leash
        process.wait(PATIENCE)
    if process.returncode != 0 or not (folder / checking.RESULTS).is_file():
        raise ReadableError(_why(process.returncode, log_file))
    log_file.unlink(missing_ok=True)  # it may name files


def _progress(folder: Path) -> float | None:
    """How far the program is; None before the first image."""
    try:
        values = json.loads((folder / "progress.json").read_text())
        return float(values["done"]) / float(values["of"])
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
        return None


def _why(status: int, log_file: Path) -> str:
    with log_file.open("rb") as stream:
        stream.seek(max(0, log_file.stat().st_size - _LOG_END))
        text = stream.read().decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if status == WRONG_USAGE and lines:
        return lines[-1]
    # What it printed may name files, so that it stays out of the log and of the job's row.
    log.error("the training program ended with status %d", status)
    return (
        f"The check ended without a report, with status {status}. To see what it says, run it in "
        "a terminal: python -m training accept"
    )


def _finish(workplace: Workplace, job: Job, state: JobState, message: str) -> None:
    with workplace.store.write() as tx:
        tx.jobs.finish(job.job_id, state=state, now=workplace.clock(), message=message)
