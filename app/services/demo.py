"""The demo cases that come with the program, taken in once on the first start."""

from __future__ import annotations

import logging

from app.domain.permissions import needs
from app.services import models
from app.services.deidentify.patients import STARTED
from app.services.uploading import several
from app.services.workplace import Workplace
from dprotonet.images.walk import walk

log = logging.getLogger(__name__)


@needs("run the program")
def add_demo_cases(workplace: Workplace) -> int:
    """Take in the demo cases, unless it was done before: deleted ones do not come back.

    An interrupted start begins again: imported files are recognised by their bytes.

    Returns:
        How many cases were added; none where patients' images are held, or may be.
    """
    if workplace.holds_patients or workplace.awaits_choice:
        return 0  # nobody shall take an invented case for a patient's
    folder = workplace.settings.assets / "cases"
    with workplace.store.read() as tx:
        if tx.setting(STARTED):
            return 0
    if not folder.is_dir():
        return 0
    own = workplace.models.find(models.DEMO_MODEL)
    results = several.add_many(
        workplace,
        ((file.path.name, file.path) for file in walk([folder])),
        source="demo",
        model=own.digest if own else None,
    )
    with workplace.store.write() as tx:
        tx.set_setting(STARTED, True)
    added = sum(result.outcome == "added" for result in results)
    log.info("%d demo cases added", added)
    return added
