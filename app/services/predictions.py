"""Predictions of earlier versions, completed with what the list sorts by now."""

from __future__ import annotations

import logging

from app.services.workplace import Workplace

log = logging.getLogger(__name__)


def note_findings(workplace: Workplace) -> None:
    """Give each saved prediction the probability of a finding, where its model is still there."""
    completed = 0
    for info in workplace.models.all():
        if info.problem:
            continue
        more = 1
        while more:
            with workplace.store.write() as tx:
                more = tx.predictions.note_findings(info.digest, info.negative_class)
            completed += more
    if completed:
        log.info("%d predictions were completed with the probability of a finding", completed)
