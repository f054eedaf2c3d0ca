"""The worker's side of learning: what the training program is given, and what it made.

The result is proposed and never activated by itself.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from app.domain.errors import Missing, NotFound, Refused
from app.domain.jobs import Job
from app.domain.permissions import needs
from app.domain.proposals import LearningRequest, Proposal, ProposalStep
from app.services import jobs, models, training_program
from app.services.adapters import last_layer
from app.services.annotations import written
from app.services.audit.recording import record_step
from app.services.editing import learning, versions
from app.services.editing.versions import COMPARISON
from app.services.inference.failures import do_once
from app.services.workplace import Workplace
from app.store.programs.learning_jobs import STOPPED
from dprotonet.errors import ReadableError

PROGRAM = (sys.executable, "-m", "training", "learn")
MANIFEST = "bundle.json"
SAID, FEEDBACK, IMAGES = "said", "feedback.json", "images"
_EPOCH = re.compile(r"epoch\D{0,3}(\d+)\s*(?:/|of)\s*(\d+)", re.IGNORECASE)


@needs("run the program")
def clear_left(workplace: Workplace) -> None:
    """Remove copies of judged images that a worker left which died while a model learned."""
    for folder in workplace.settings.learning.glob(f"*/{SAID}"):
        if not _is_learning(workplace, folder.parent.name):
            shutil.rmtree(folder, ignore_errors=True)


def _is_learning(workplace: Workplace, job_id: str) -> bool:
    try:
        with workplace.store.read() as tx:
            return tx.jobs.get(job_id).is_active
    except NotFound:
        return False


@needs("run the program")
def claim(workplace: Workplace) -> tuple[Job, LearningRequest] | None:
    """Take the next job of learning, if there is one and none is at work."""
    return jobs.claim(workplace, lambda tx: tx.learning)


@needs("run the program")
def run(
    workplace: Workplace,
    job: Job,
    request: LearningRequest,
    *,
    stop: Callable[[], bool],
) -> None:
    """Do one job of learning, and say in its row how it ended."""
    folder = workplace.settings.learning / job.job_id
    do_once(
        workplace,
        job,
        lambda: _learn(workplace, job, request, folder, stop),
        stop=stop,
        stopped=STOPPED,
        folder=folder,
    )


def _learn(
    workplace: Workplace,
    job: Job,
    request: LearningRequest,
    folder: Path,
    stop: Callable[[], bool],
) -> str:
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
        *(["--unnamed"] if workplace.holds_patients else []),
    ]
    try:
        _run_to_its_end(workplace, job, command, folder / "log.txt", stop)
    finally:
        shutil.rmtree(said, ignore_errors=True)  # it names readers and holds originals
    _propose(workplace, job, request, out)
    return ""


def _write_feedback(workplace: Workplace, model: str, folder: Path) -> None:
    """What readers said, and the images that they said it of, in a folder that nobody else may
    read."""
    (folder / IMAGES).mkdir(parents=True, mode=0o700)
    (folder / FEEDBACK).write_bytes(written(workplace, format="json"))
    with workplace.store.read() as tx:
        keys = tx.learning.judged_files(models.same_prototypes(workplace, model))
    for key in keys:
        with contextlib.suppress(Missing):  # the judgement is left out, as one without its image
            (folder / IMAGES / key).write_bytes(workplace.blobs.read(key))


def _run_to_its_end(
    workplace: Workplace, job: Job, command: list[str], log_file: Path, stop: Callable[[], bool]
) -> None:
    status = training_program.run(
        workplace,
        job,
        command,
        log_file,
        progress=lambda: progress_in(training_program.end_of(log_file)),
        stop=stop,
        logs_output=True,
    )
    if status != 0:
        raise ReadableError(
            training_program.reason(workplace, status, log_file)
            or f"The training program ended without a result, with status {status}. To see what it "
            "says, run it in a terminal: python -m training learn"
        )


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
        record_step(workplace, tx, proposal)
