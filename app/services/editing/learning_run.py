"""The worker's side of learning: the training program in a process of its own, and what it made.

The result is proposed and never activated by itself. The worker goes on with predictions and
heatmaps meanwhile, which have more of the processor's time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.domain.errors import Missing, Refused
from app.domain.jobs import Job
from app.domain.proposals import LearningRequest, Proposal, ProposalStep
from app.services import models
from app.services.adapters import last_layer
from app.services.annotations import export
from app.services.editing import learning, versions
from app.services.editing.versions import COMPARISON
from app.services.inference.failures import sentence
from app.services.workplace import Workplace
from app.store.editing.learning import STOPPED
from dprotonet.errors import Cancelled, ReadableError

log = logging.getLogger(__name__)
LEASH = "app.runtime.leash"
PROGRAM = (sys.executable, "-m", "training", "learn")
LOOK_SECONDS = 0.5  # between two looks at the process
PATIENCE = 20.0  # seconds for it to leave
WRONG_USAGE = 2  # status of the training program where a person has to change something
MANIFEST = "bundle.json"
SAID, FEEDBACK, IMAGES = "said", "feedback.json", "images"
_EPOCH = re.compile(r"epoch\D{0,3}(\d+)\s*(?:/|of)\s*(\d+)", re.IGNORECASE)
_LOG_END = 20_000  # bytes of the log that are looked at


def begin(workplace: Workplace) -> None:
    """Put in order at a worker's start what the last one left: its jobs are ended, and copies of
    judged images are removed."""
    with workplace.store.write() as tx:
        ended = tx.learning.end_abandoned(workplace.clock())
    if ended:
        log.warning("%d jobs of learning were left by a worker that died", ended)
    for folder in workplace.settings.learning.glob(f"*/{SAID}"):
        shutil.rmtree(folder, ignore_errors=True)


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
    said, out = folder / SAID, folder / "out"
    _write_feedback(workplace, info.digest, said)
    command = [
        *(*PROGRAM, str(info.path)),
        *("--feedback", str(said / FEEDBACK), "--images", str(said / IMAGES)),
        *("--data", str(data), "--out", str(out)),
    ]
    try:
        _run_to_its_end(workplace, job, command, folder / "log.txt", stop)
    finally:
        shutil.rmtree(said, ignore_errors=True)  # it names readers and holds originals
    _propose(workplace, job, request, out)


def _write_feedback(workplace: Workplace, model: str, folder: Path) -> None:
    """What readers said, and the images that they said it of, in a folder that nobody else may
    read."""
    (folder / IMAGES).mkdir(parents=True, mode=0o700)
    (folder / FEEDBACK).write_bytes(export(workplace, format="json"))
    with workplace.store.read() as tx:
        keys = tx.learning.judged_files(models.same_prototypes(workplace, model))
    for key in keys:
        with contextlib.suppress(Missing):  # the judgement is left out, as one without its image
            (folder / IMAGES / key).write_bytes(workplace.blobs.read(key))


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
    if (out / COMPARISON).is_file():
        (out / COMPARISON).rename(target.with_name(COMPARISON))
    shutil.rmtree(out, ignore_errors=True)
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
