"""Studies of an archive become a batch: the worker lists their instances, fetches each as a whole
file, and takes it in like one that was uploaded."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.archives.wanted import Wanted, title
from app.domain.figures.batch_view import batch_name
from app.domain.jobs import Job
from app.domain.permissions import needs
from app.services.archives.client import named
from app.services.deidentify import names
from app.services.deidentify.patients import check_chosen
from app.services.uploading import batch_starts
from app.services.workplace import Workplace


@needs("search archives")
def start(
    workplace: Workplace,
    archive: str,
    studies: Sequence[str],
    *,
    priors: int = 0,
    explain: bool = False,
    model: str | None = None,
    name: str = "",
) -> Job:
    """Begin a batch of studies of an archive.

    Args:
        workplace: where.
        archive: its name.
        studies: their UIDs.
        priors: how many earlier studies of the same patient come with each one, at most.
        explain: also compute the heatmap of each image's predicted class.
        model: digest of the bundle; the active one when left out.
        name: of the batch; how many studies they are when left out.

    Returns:
        The batch; one that is at the same studies already is not begun twice.

    Raises:
        NotFound: there is no such archive.
        Refused: too many studies, or none; no model; or it was not said yet whether patients'
            images will be held.
    """
    check_chosen(workplace)
    wanted = Wanted(named(workplace, archive).name, tuple(studies), priors)
    return batch_starts.enqueue_listed(
        workplace,
        batch_starts.model_for(workplace, model),
        kind="archive",
        stored=names.stored(workplace, wanted.to_text()),
        title=batch_name(name) if name.strip() else title(archive, studies),
        explain=explain,
    )
