"""A heatmap that is shown is made again, to see whether it marks the same.

It takes about two heatmaps more, so it comes after all that somebody waits for: the claim beside
the heatmap is completed by it. Files of a batch are not made again.
"""

from __future__ import annotations

from app.domain.explanations import tier_of
from app.domain.jobs import Job
from app.domain.permissions import needs
from app.services import image_data, models
from app.services.inference.frames import Predictors, Pulse
from app.services.pictures import of_case
from app.services.workplace import Workplace


@needs("run the program")
def measure(workplace: Workplace, pool: Predictors, job: Job, pulse: Pulse) -> None:
    """Make the heatmap of a job again and note how far it marks the same.

    Raises:
        Cancelled: the job was cancelled, its case deleted, others go first, or the worker leaves.
        ReadableError: the heatmap, its file or its model cannot be had.
    """
    with workplace.store.read() as tx:
        saved = tx.explanations.get(job.explanation_id or "")
        case = tx.cases.get(saved.case_id)
    tier = tier_of(saved.settings_digest)
    if saved.agreement is not None or not tier:
        return
    models.approved(workplace, saved.model)
    agreement = pool.agree(
        saved.model,
        of_case.read(workplace, case, frame=saved.frame, model=saved.model),
        saved.node,
        image_data.stored_heatmap(workplace, saved.heatmap_key),
        tier=tier,
        progress=pulse.progress,
        cancelled=pulse.cancelled,
    )
    with workplace.store.write() as tx:
        tx.explanations.note_agreement(saved.explanation_id, agreement)
