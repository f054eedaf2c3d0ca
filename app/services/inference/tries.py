"""What a reader tries on an image: done before everything else, and in the midst of a heatmap.

A try takes some passes of the network, a tenth of a second; a hand waits for it.
"""

from __future__ import annotations

import logging
import time

from app.domain.interventions.tries import Try
from app.domain.permissions import needs
from app.services import models
from app.services.checks import site_choice
from app.services.inference.failures import attempt, is_outage, sentence
from app.services.inference.frames import Predictors
from app.services.pictures import of_case
from app.services.tables import changing
from app.services.workplace import Workplace
from dprotonet.errors import WrongRequest
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.intervention import InterventionResult

log = logging.getLogger(__name__)


@needs("run the program")
def run_waiting(workplace: Workplace, pool: Predictors) -> None:
    """Do all tries that wait."""
    while run_next(workplace, pool):
        pass


@needs("run the program")
def run_next(workplace: Workplace, pool: Predictors) -> bool:
    """Do the try that has waited longest; False when none waits."""
    with workplace.store.read() as tx:
        if not tx.tries.is_any_waiting():
            return False
    with workplace.store.write() as tx:
        one = tx.tries.claim()
    if one is None:
        return False
    started = time.monotonic()
    with attempt(workplace, lambda tx, why: tx.tries.fail(one.try_id, why)):
        _run(workplace, pool, one)
    log.info("try %s over after %.2f s", one.try_id, time.monotonic() - started)
    return True


def _run(workplace: Workplace, pool: Predictors, one: Try) -> None:
    try:
        result = _result(workplace, pool, one)
    except Exception as error:
        if is_outage(error):
            raise  # it is taken up again when the store is back; the attempt counts
        message = sentence(error)
        with workplace.store.write() as tx:
            tx.tries.finish(one.try_id, state="failed", message=message)
        return
    with workplace.store.write() as tx:
        tx.tries.finish(one.try_id, state="done", result=result)


def _result(workplace: Workplace, pool: Predictors, one: Try) -> InterventionResult:
    with workplace.store.read() as tx:
        case = tx.cases.get(one.case_id)
        before = tx.predictions.get(one.case_id, frame=one.frame, model=one.model, site=one.site)
        site = site_choice.settings(tx, one.model, one.site) if one.site else None
    if before is None:
        raise WrongRequest("The prediction of this case is gone. Open the case again.")
    models.approved(workplace, one.model)
    if one.change.values:
        changed = changing.pictures(workplace, case, one.model, one.change.values)
        return pool.read_changed(
            one.model,
            changed.picture,
            changed.others,
            before=before,
            off=one.change.off,
            site=site,
        )

    def image() -> GrayOrColourImage:
        return of_case.read(workplace, case, frame=one.frame, model=one.model)

    return pool.intervene(
        one.model,
        image,
        image_key=f"{case.file_sha256}:{one.frame}",
        before=before,
        change=one.change,
        site=site,
    )
