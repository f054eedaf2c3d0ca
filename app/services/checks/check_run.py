"""The worker's side of a check: the training program's arguments, and its report."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from app.domain.checks import CheckRequest
from app.domain.errors import Refused
from app.domain.jobs import Job
from app.domain.permissions import needs, within
from app.services import batches, jobs, training_program
from app.services.checks import checking
from app.services.deidentify import names as names_of_files
from app.services.inference.failures import do_once
from app.services.workplace import Workplace
from app.store.programs.check_jobs import STOPPED
from dprotonet.errors import ReadableError


@needs("run the program")
def claim(workplace: Workplace) -> tuple[Job, CheckRequest] | None:
    """Take the next check, if there is one and none is at work."""
    return jobs.claim(workplace, lambda tx: tx.checks)


@needs("run the program")
def run(workplace: Workplace, job: Job, request: CheckRequest, *, stop: Callable[[], bool]) -> None:
    """Do one check, and say in its row how it ended."""
    folder = checking.folder_of(workplace, job.job_id)
    do_once(
        workplace,
        job,
        lambda: _check(workplace, job, request, folder, stop),
        stop=stop,
        stopped=STOPPED,
        folder=folder,
    )


@within
def command(workplace: Workplace, job: Job, request: CheckRequest, folder: Path) -> list[str]:
    """The training program's arguments.

    Raises:
        Refused: the folder may no longer be read, or a class begins as an option does.
    """
    # Asked again: the settings, or a link on the way, may have changed since.
    data = batches.allowed_folder(workplace, names_of_files.opened(workplace, request.folder))
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
        *(["--unnamed"] if workplace.pseudonyms is not None else []),
        *names,
    ]


def _check(
    workplace: Workplace,
    job: Job,
    request: CheckRequest,
    folder: Path,
    stop: Callable[[], bool],
) -> str:
    arguments = command(workplace, job, request, folder)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    log_file = folder / "log.txt"
    status = training_program.run(
        workplace,
        job,
        arguments,
        log_file,
        progress=lambda: _progress(folder),
        stop=stop,
        logs_output=False,
    )
    if status != 0 or not (folder / checking.RESULTS).is_file():
        raise ReadableError(
            training_program.reason(workplace, status, log_file)
            or f"The check ended without a report, with status {status}. To see what it says, run "
            "it in a terminal: python -m training accept"
        )
    log_file.unlink(missing_ok=True)  # it may name files
    return ""


def _progress(folder: Path) -> float | None:
    """How far the program is; None before the first image."""
    try:
        values = json.loads((folder / "progress.json").read_text())
        return float(values["done"]) / float(values["of"])
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
        return None
