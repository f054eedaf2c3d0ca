"""One folder of a batch, walked, or studies of an archive, listed: they become the batch's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from app.domain.archives.wanted import Wanted
from app.domain.jobs import Job
from app.domain.permissions import needs, within
from app.services.archives.listing import Listing
from app.services.deidentify import names
from app.services.inference.failures import attempt
from app.services.inference.meanwhile import Meanwhile
from app.services.workplace import Workplace
from app.store.batch_items import NewItem
from dprotonet.errors import Cancelled
from dprotonet.images.discs.listing import looked_through
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
        try:
            _list(workplace, job, folder, between, stop)
        except Cancelled:
            with workplace.store.write() as tx:
                tx.folder_listings.put_back(job.job_id)


def _list(
    workplace: Workplace,
    job: Job,
    folder: str,
    between: Callable[[], None],
    stop: Callable[[], bool],
) -> None:
    real, notes = names.opened(workplace, folder), []
    items, sentences = _found(workplace, job, real, between, stop)
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
        tx.folder_listings.finish(job.job_id, " ".join([*notes, *sentences()]))


def _found(
    workplace: Workplace,
    job: Job,
    place: str,
    between: Callable[[], None],
    stop: Callable[[], bool],
) -> tuple[Iterator[NewItem], Callable[[], list[str]]]:
    """What there is, as it is found, and what is to be said of it in the end."""
    wanted = Wanted.from_text(place)
    if wanted is not None:
        listing = Listing(
            workplace, wanted, Meanwhile(between, lambda: is_unwanted(workplace, job, stop))
        )
        return listing.items(), listing.sentences
    left_out = LeftOut()
    files = looked_through(walk([place], left_out=left_out), workplace.image_reader.directory)
    is_named = workplace.pseudonyms is None
    return (
        (names.found(workplace, file) for file in files),
        lambda: list(left_out.sentences(named=is_named)),
    )


@within
def is_unwanted(workplace: Workplace, job: Job, stop: Callable[[], bool]) -> bool:
    """Was the batch cancelled, or does the worker leave?"""
    if stop():
        return True
    with workplace.store.read() as tx:
        return tx.jobs.is_unwanted(job.job_id)


def too_many(most: int) -> str:
    """The note on a folder that holds more files than a batch takes."""
    return (
        f"The folder holds more than {most} files; the rest was left out. "
        "Give its parts as batches of their own."
    )
