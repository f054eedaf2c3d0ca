"""A model learns from what readers said of its prototypes: asked for here, done by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.errors import Refused
from app.domain.jobs import Job, Work
from app.domain.permissions import needs, within
from app.domain.proposals import LearningRequest, check_reason
from app.services import jobs, models
from app.services.workplace import Workplace

NO_DATA = (
    "To learn, a model needs the images that it was trained on. Name their folder in "
    "DPROTONET_TRAINING_DATA when the program starts."
)
OF_ROWS = (
    "Learning reads images, and this model reads rows of a table. Switch prototypes off instead, "
    "or train it anew."
)
NO_JUDGEMENTS = (
    "Nobody has judged a {reason} of this model as useful or as an artefact yet. "
    "Judge some on the Review page, and sign the verdict."
)


@dataclass(frozen=True)
class LearningState:
    """What a model could learn from, and how far it is."""

    judgements: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Prototype id to usefulness to the number of images, of the latest signatures."""
    job: Job | None = None
    """The newest job of this model, over or not."""
    obstacle: str = ""
    """Why it cannot be started, and what to do; empty where it can."""

    @property
    def is_running(self) -> bool:
        """Is it waiting or at work?"""
        return self.job is not None and self.job.is_active


@needs("see cases")
def state(workplace: Workplace, model: str) -> LearningState:
    """What there is to learn from, and the newest job."""
    with workplace.store.read() as tx:
        judgements = tx.learning.judgements(models.same_prototypes(workplace, model))
        job = tx.learning.last_of(model)
    return LearningState(judgements, job, _obstacle(workplace, model, judgements))


@needs("propose changes")
def start(workplace: Workplace, model: str, *, reason: str = "") -> Job:
    """Let the worker begin; the same model is never at it twice.

    Raises:
        NotFound: there is no such model.
        Refused: there is nothing to learn from, or no data; the sentence says what to do.
    """
    digest = workplace.models.get(model).digest
    kept = check_reason(reason)
    with workplace.store.write() as tx:
        judgements = tx.learning.judgements(models.same_prototypes(workplace, digest))
        obstacle = _obstacle(workplace, digest, judgements)
        if obstacle:
            raise Refused(obstacle)
        work = Work("learn", f"learn:{digest}", model=digest)
        job = jobs.enqueue(tx, work, now=workplace.clock())
        tx.learning.note(job.job_id, LearningRequest(workplace.actor, kept))
    return job


@within
def training_data(workplace: Workplace, name: str) -> Path | None:
    """The folder of the images that a model was trained on; None where the settings name none.

    Args:
        workplace: whose settings name one folder, or a folder of folders named as models.
        name: of the model.
    """
    folder = workplace.settings.training_data
    if folder is None:
        return None
    own = folder / name
    return own if own.is_dir() else folder


def _obstacle(workplace: Workplace, model: str, judgements: Mapping[str, Mapping[str, int]]) -> str:
    info = workplace.models.get(model)
    if info.reads_rows:
        return OF_ROWS
    if training_data(workplace, info.name) is None:
        return NO_DATA
    said = {usefulness for of_one in judgements.values() for usefulness in of_one}
    if said & {"useful", "artefact"}:
        return ""
    return NO_JUDGEMENTS.format(reason="concept" if info.concepts else "prototype")
