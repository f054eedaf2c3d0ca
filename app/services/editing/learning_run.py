"""The worker's side of learning: the training program in a process of its own, and what it made.

The result is proposed and never activated by itself. The worker goes on with predictions and
heatmaps meanwhile, which have more of the processor's time.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.domain.annotations import AnnotationFilters
from app.domain.errors import Refused
from app.domain.jobs import Job
from app.domain.proposals import LearningRequest, Proposal, ProposalStep
from app.services.adapters import last_layer
from app.services.annotations import export
from app.services.editing import learning, versions
from app.services.inference.failures import sentence
from app.services.workplace import Workplace
from app.store.editing.learning import STOPPED
from dprotonet.errors import Cancelled, ReadableError

log = logging.getLogger(__name__)
LEASH = "app.runtime.leash"
LOOK_SECONDS = 0.5  # between two looks at the process
PATIENCE = 20.0  # seconds for it to leave
WRONG_USAGE = 2  # status of the training program where a person has to change something
MANIFEST = "bundle.json"
_EPOCH = re.compile(r"epoch\D{0,3}(\d+)\s*(?:/|of)\s*(\d+)", re.IGNORECASE)
_LOG_END = 20_000  # bytes of the log that are looked at


def claim(workplace: Workplace) -> tuple[Job, LearningRequest] | None:
    """Take the next job of learning, if there is one and none is at work."""
    with workplace.store.read() as tx:
        if not tx.learning.is_any_waiting():
            return None
    with workplace.store.write() as tx:
        return tx.learning.claim(workplace.clock())


def run(
    workplace: Workplace,
    job: Job,
    request: LearningRequest,
    *,
    stop: Callable[[], bool],
) -> None:
    """Do one job of learning, and say in its row how it ended."""
    folder = workplace.settings.learning / job.job_id
    try:
        _learn(workplace, job, request, folder, stop)
    except Cancelled:
        _finish(workplace, job, "cancelled", STOPPED if stop() else "Cancelled.")
        shutil.rmtree(folder, ignore_errors=True)
    except Exception as error:
        _finish(workplace, job, "failed", sentence(error))
        shutil.rmtree(folder, ignore_errors=True)
    else:
        _finish(workplace, job, "done", "")


def _learn(
    workplace: Workplace,
    job: Job,
    request: LearningRequest,
    folder: Path,
    stop: Callable[[], bool],
) -> None:
    info = workplace.models.get(job.model or "")
    data = learning.training_data(workplace, info.name)
    if data is None:
        raise Refused(learning.NO_DATA)
    folder.mkdir(parents=True, mode=0o700)
    feedback, out = folder / "feedback.json", folder / "out"
    feedback.write_bytes(export(workplace, AnnotationFilters(model=info.digest), format="json"))
    command = [
        *(sys.executable, "-m", "training", "learn", str(info.path)),
        *("--feedback", str(feedback), "--data", str(data), "--out", str(out)),
    ]
    try:
        _run_to_its_end(workplace, job, command, folder / "log.txt", stop)
    finally:
        feedback.unlink(missing_ok=True)
    _propose(workplace, job, request, out)


def _run_to_its_end(
    workplace: Workplace, job: Job, command: list[str], log_file: Path, stop: Callable[[], bool]
) -> None:
    # The program needs none of ours: the address of the database may hold a password.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DPROTONET_")}
    with log_file.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", LEASH, *command],
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=subprocess.STDOUT,
            env=environment | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        while process.poll() is None:
            time.sleep(LOOK_SECONDS)
            progress = progress_in(_end_of(log_file))
            with workplace.store.write() as tx:
                unwanted = tx.jobs.beat(job.job_id, progress=progress, now=workplace.clock())
            if unwanted or stop():
                raise Cancelled
    finally:
        if process.stdin is not None:
            process.stdin.close()  # lets go of the leash
        process.wait(PATIENCE)
    if process.returncode != 0:
        raise ReadableError(_why(process.returncode, _end_of(log_file), command))


def progress_in(text: str) -> float | None:
    """How far the training program is, by the last epoch that it named; None before the first.

    Args:
        text: the end of what it printed.
    """
    epochs = _EPOCH.findall(text)
    if not epochs:
        return None
    done, total = map(int, epochs[-1])
    return min(done / total, 1.0) if total else None


def _end_of(log_file: Path) -> str:
    with log_file.open("rb") as stream:
        stream.seek(max(0, log_file.stat().st_size - _LOG_END))
        return stream.read().decode("utf-8", "replace")


def _why(status: int, text: str, command: list[str]) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if status == WRONG_USAGE and lines:
        return lines[-1]
    # What it printed may name files, so that it stays out of the log and of the job's row.
    log.error("the training program ended with status %d", status)
    return (
        "The training program ended without a result, with status "
        f"{status}. To see what it says, run it in a terminal: python -m training learn"
    )


def _propose(workplace: Workplace, job: Job, request: LearningRequest, out: Path) -> None:
    from dprotonet.bundle.bundle import Bundle

    made = next((f for f in (out, out / "bundle") if (f / MANIFEST).is_file()), None)
    if made is None:
        raise ReadableError("The training program wrote no model. Let the model learn again.")
    target = versions.learned_folder(workplace, job.job_id)
    made.rename(target)
    bundle = Bundle.load(target, with_model=False)
    figures = bundle.changes[-1].figures if bundle.changes else {}
    proposal = Proposal(
        proposal_id=job.job_id,
        kind="learned",
        model=job.model or "",
        model_name=bundle.name,
        off=bundle.off,
        required=(),
        tolerance=None,
        cost=last_layer.cost_of_change(figures),
        reason=request.reason,
        steps=(
            ProposalStep(1, "proposed", request.actor, workplace.clock(), version=bundle.digest),
        ),
    )
    with workplace.store.write() as tx:
        tx.proposals.add(proposal)


def _finish(workplace: Workplace, job: Job, state: str, message: str) -> None:
    with workplace.store.write() as tx:
        tx.jobs.finish(job.job_id, state=state, now=workplace.clock(), message=message)  # type: ignore[arg-type]
