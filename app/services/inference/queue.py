"""The worker's queue: which piece of work goes next, and what is put in order at its start.

Predictions and first heatmaps, which a page waits for with nothing to show, go ahead of everything
else: refining and batches give way to them in the midst of a heatmap. What a reader tries on an
image goes ahead of these too, and is done in the midst of any heatmap, which then goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from app.domain.permissions import needs
from app.services import originals
from app.services.editing import learning_run
from app.services.inference import batch_items, folder_listing, interactive, together
from app.services.inference.failures import is_outage, sentence
from app.services.inference.frames import Predictors
from app.services.inference.interactive import never
from app.services.watching import looking
from app.services.workplace import Workplace

log = logging.getLogger(__name__)
IN_ORDER_LOCK = 0x64706F  # any number that no other use of the database takes
KEPT_JOBS = timedelta(days=1)  # a page may still be watching a job that is over


@needs("run the program")
def run_pending(workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never) -> int:
    """Do all that is queued; returns how many pieces of work that was."""
    done = 0
    while not stop() and run_next(workplace, pool, stop=stop):
        done += 1
    return done


@needs("run the program")
def run_next(workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never) -> bool:
    """Do one piece of work; False when there is none."""
    return interactive.run_next(workplace, pool, stop=stop) or _run_batch(workplace, pool, stop)


def _run_batch(workplace: Workplace, pool: Predictors, stop: Callable[[], bool]) -> bool:
    """Walk one folder or read the next files; False when no batch has anything to do."""
    with workplace.store.read() as tx:
        if not tx.batches.is_any_open():
            return False
    with workplace.store.write() as tx:
        listing = tx.folder_listings.claim(workplace.clock())
        item = None if listing else tx.batch_items.claim(workplace.clock())
        most = together.most_beside(workplace, item) if item else 0
        others = tx.claimed_files.more_of(item, most=most) if item and most else []

    if listing is not None:
        first = _interactive_first(workplace, pool, stop)
        folder_listing.run(workplace, *listing, between=first, stop=stop)
    elif item is not None and others:
        together.run(workplace, pool, [item, *others], stop=stop)
    elif item is not None:
        batch_items.run(workplace, pool, item, stop=stop)
    with workplace.store.write() as tx:
        tx.batches.finish_all(workplace.clock())
    return listing is not None or item is not None


@needs("run the program")
def look_around(workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never) -> int:
    """Look at the watched folders whose turn it is; returns how many files were taken."""
    first = _interactive_first(workplace, pool, stop)
    return looking.look_around(workplace, between=first, stop=stop)


def _interactive_first(
    workplace: Workplace, pool: Predictors, stop: Callable[[], bool]
) -> Callable[[], None]:
    def run() -> None:
        while interactive.run_next(workplace, pool, stop=stop):
            pass

    return run


@needs("run the program")
def begin(workplace: Workplace) -> None:
    """Put the data folder in order at a worker's start. Of several that start at the same time one
    does so."""
    take_up_left(workplace)
    with workplace.store.write() as tx:
        tx.jobs.forget_finished(workplace.clock() - KEPT_JOBS)
        tx.tries.forget_unanswered(workplace.clock() - KEPT_JOBS)
    with workplace.store.alone(IN_ORDER_LOCK) as is_alone:
        if is_alone:
            _put_in_order(workplace)


def _put_in_order(workplace: Workplace) -> None:
    learning_run.clear_left(workplace)
    for step in (originals.tidy, complete_predictions, upkeep):
        try:
            step(workplace)
        except Exception as error:
            if is_outage(error):
                raise  # the worker begins again when the store is back
            log.warning("a step of the start was left out: %s", sentence(error))


@needs("run the program")
def take_up_left(workplace: Workplace) -> None:
    """Take up what workers left that died: pieces of work wait again, and long jobs are ended, for
    whether to begin again is for a person to say.

    Called between two pieces of work of the worker that calls it.
    """
    left, now = take_up_again(workplace), workplace.clock()
    if left:
        log.warning("%d jobs were left by a worker that died; they are done again", left)
    with workplace.store.write() as tx:
        ended = sum(jobs.end_abandoned(now) for jobs in (tx.learning, tx.checks, tx.attaching))
        tx.batches.finish_all(now)
    if ended:
        log.warning("%d long jobs were left by a worker that died; they are ended", ended)


@needs("run the program")
def take_up_again(workplace: Workplace) -> int:
    """Queue work again that was begun and neither ended nor failed, or give it up after its last
    attempt: a worker died with it, or its result could not be written to the store.

    Returns:
        How many pieces there were.
    """
    now = workplace.clock()
    with workplace.store.write() as tx:
        tx.folder_listings.requeue_abandoned(now)
        return (
            tx.jobs.requeue_abandoned(now)
            + tx.batch_items.requeue_abandoned()
            + tx.tries.requeue_abandoned()
        )


@needs("run the program")
def complete_predictions(workplace: Workplace) -> None:
    """Give each prediction of an earlier version the probability of a finding, which the list of
    cases sorts by, where its model is still there, and each case the doubt that follows from it."""
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
    more = 1
    while more:
        with workplace.store.write() as tx:
            more = tx.cases.complete_summaries()


@needs("run the program")
def upkeep(workplace: Workplace) -> None:
    """What is to be done now and then, whatever else there is to do."""
    workplace.store.forget_deleted()
    workplace.store.keep_reserve()
    now = workplace.clock()
    with workplace.store.write() as tx:
        tx.claims.forget_expired(now)
        tx.workers.forget_silent()
