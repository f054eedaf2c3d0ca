"""One folder of a batch, walked: its files become the batch's rows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from app.domain.jobs import Job
from app.domain.permissions import needs
from app.services.deidentify import names
from app.services.inference.failures import attempt
from app.services.workplace import Workplace
from dprotonet.images.walk import LeftOut, walk

CHUNK = 500  # files written to the list at once


@needs("run the program")
def run(
    workplace: Workplace,
    job: Job,
    folder: str,
    *,
    between: Callable[[], None],
    stop: Callable[[], bool],
) -> None:
    """Walk the folder of a claimed batch.

    A walk that fails, whatever the reason, is tried again and then given up: the attempt was
    counted before it began, so it can stop nothing else.

    Args:
        workplace: where.
        job: the batch.
        folder: as :func:`dprotonet.images.file_names.stored_path` wrote it.
        between: called after each chunk of files: does the work that goes first.
        stop: should the worker leave?
    """
    with attempt(
        workplace, lambda tx, why: tx.folder_listings.fail(job.job_id, why, workplace.clock())
    ):
        _list(workplace, job, folder, between, stop)


def _list(
    workplace: Workplace,
    job: Job,
    folder: str,
    between: Callable[[], None],
    stop: Callable[[], bool],
) -> None:
    left_out, notes, is_named = LeftOut(), [], workplace.pseudonyms is None
    real = names.opened(workplace, folder)
    items = (names.found(workplace, file) for file in walk([real], left_out=left_out))
    room = workplace.settings.folder_files
    while chunk := list(islice(items, CHUNK)):
        is_too_many = len(chunk) > room
        chunk, room = chunk[:room], room - len(chunk)
        with workplace.store.write() as tx:
            if tx.jobs.is_unwanted(job.job_id) or not tx.folder_listings.is_held(job.job_id):
                return
            tx.batch_items.add(job.job_id, chunk)
        if is_too_many:
            notes.append(too_many(workplace.settings.folder_files))
            break
        if stop():
            with workplace.store.write() as tx:
                tx.folder_listings.put_back(job.job_id)
            return  # the next worker walks it again and skips what is listed
        between()
    with workplace.store.write() as tx:
        tx.folder_listings.finish(
            job.job_id, " ".join([*notes, *left_out.sentences(named=is_named)])
        )


def too_many(most: int) -> str:
    """The note on a folder that holds more files than a batch takes."""
    return (
        f"The folder holds more than {most} files; the rest was left out. "
        "Give its parts as batches of their own."
    )
