"""The worker's part in batches: walking a folder, and taking in one file after another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from app.domain.cases import Intake, shown_name, shown_path
from app.domain.errors import Refused
from app.domain.explanations import USUAL
from app.domain.jobs import ItemState, Job
from app.services import originals
from app.services.inference import queue
from app.services.inference.frames import Predictors, Pulse, explain_frame, predict_frame
from app.services.inference.queue import never
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem, NewItem
from dprotonet.errors import Cancelled, NotAnImage
from dprotonet.images.file_names import path_of, stored_path
from dprotonet.images.hashes import file_sha256
from dprotonet.images.walk import FoundFile, LeftOut, walk

log = logging.getLogger(__name__)
CHUNK = 500  # files written to the list at once


@dataclass
class Ended:
    """What became of one file, filled in on the way."""

    state: ItemState
    message: str = ""
    case_id: str | None = None
    explanation_id: str | None = None
    file_sha256: str = ""


def run_next(workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never) -> bool:
    """Walk one folder or read one file; False when no batch has anything to do.

    A folder or a file that cannot be brought to its end, whatever the reason, is tried again and
    then given up: the attempt was counted before it began, so it can stop nothing else.
    """
    with workplace.store.read() as tx:
        if not tx.items.is_any_open():
            return False
    with workplace.store.write() as tx:
        listing = tx.listings.claim(workplace.clock())
        item = None if listing else tx.items.claim(workplace.clock())
    if listing is not None:
        _list_or_fail(workplace, pool, *listing, stop=stop)
    elif item is not None:
        _take_or_fail(workplace, pool, item, stop)
    with workplace.store.write() as tx:
        tx.items.finish_batches(workplace.clock())
    return listing is not None or item is not None


def _list_or_fail(
    workplace: Workplace, pool: Predictors, job: Job, folder: str, *, stop: Callable[[], bool]
) -> None:
    try:
        _list(workplace, pool, job, folder, stop=stop)
    except Exception as error:
        reason = queue.sentence(error)
        with workplace.store.write() as tx:
            tx.listings.fail(job.job_id, reason, workplace.clock())


def _take_or_fail(
    workplace: Workplace, pool: Predictors, item: ClaimedItem, stop: Callable[[], bool]
) -> None:
    try:
        _take(workplace, pool, item, stop)
    except Exception as error:
        reason = queue.sentence(error)
        with workplace.store.write() as tx:
            tx.items.fail(item.item_id, reason)


def _list(
    workplace: Workplace, pool: Predictors, job: Job, folder: str, *, stop: Callable[[], bool]
) -> None:
    left_out, notes = LeftOut(), []
    files = walk([path_of(folder)], left_out=left_out)
    found: Iterator[NewItem] = (_new_item(file) for file in files)
    left = workplace.settings.folder_files
    while chunk := list(islice(found, CHUNK)):
        is_too_many = len(chunk) > left
        chunk, left = chunk[:left], left - len(chunk)
        with workplace.store.write() as tx:
            if tx.jobs.is_unwanted(job.job_id):
                return
            tx.items.add(job.job_id, chunk)
        if is_too_many:
            notes.append(too_many(workplace.settings.folder_files))
            break
        if stop():
            with workplace.store.write() as tx:
                tx.listings.put_back(job.job_id)
            return  # the next worker walks it again; what is listed is passed over
        while queue.run_interactive(workplace, pool, stop=stop):
            pass
    with workplace.store.write() as tx:
        tx.listings.finish(job.job_id, " ".join([*notes, *left_out.sentences()]))


def _new_item(file: FoundFile) -> NewItem:
    return NewItem(
        shown_name(file.path.name),
        path=stored_path(file.relative),
        shown_path=shown_path(file.relative.as_posix()),
    )


def too_many(most: int) -> str:
    """What a batch says whose folder holds more than is taken."""
    return (
        f"The folder holds more than {most} files; the rest was left out. "
        "Give its parts as batches of their own."
    )


def _take(
    workplace: Workplace, pool: Predictors, item: ClaimedItem, stop: Callable[[], bool]
) -> None:
    ended = Ended("error")
    try:
        place, ended.file_sha256 = _place(workplace, item)
        pulse = Pulse(workplace, item.job.job_id, stop, is_whole=False, gives_way=True)
        _read_item(workplace, pool, item, place, pulse, ended)
    except Cancelled:
        with workplace.store.write() as tx:
            tx.items.put_back(item.item_id)
        return
    except NotAnImage as error:
        ended.state, ended.message = "skipped", str(error)
    except Exception as error:
        if queue.is_outage(error):
            raise
        ended.state, ended.message = "error", queue.sentence(error)
    with workplace.store.write() as tx:
        freed = tx.items.finish(item.item_id, **asdict(ended))
    originals.release_blobs(workplace, freed)
    log.info("batch %s: one file %s", item.job.job_id, ended.state)


def _read_item(
    workplace: Workplace,
    pool: Predictors,
    item: ClaimedItem,
    place: bytes | Path,
    pulse: Pulse,
    ended: Ended,
) -> None:
    taken = _intake(workplace, item, place)
    case_id, model = taken.case_id or "", item.job.model or ""
    ended.case_id = case_id
    prediction = predict_frame(workplace, pool, case_id, frame=0, model=model)
    if item.explain:
        negative = workplace.models.get(model).negative_class
        ended.explanation_id = explain_frame(
            workplace,
            pool,
            case_id,
            frame=0,
            model=model,
            node=f"class:{prediction.class_to_look_at(negative)}",
            tier=USUAL,
            seed=0,
            pulse=pulse,
        ).explanation_id
    with workplace.store.read() as tx:
        frames = tx.cases.get(case_id).facts.frames
    ended.state = "duplicate" if taken.outcome == "duplicate" else "done"
    first = f"The first of {frames} frames was read." if frames > 1 else ""
    ended.message = " ".join(part for part in (taken.message, first) if part)


def _intake(workplace: Workplace, item: ClaimedItem, place: bytes | Path) -> Intake:
    if item.case_id is not None:
        # An earlier attempt got as far as the case: the file is no duplicate of itself.
        return Intake("added", item.name, item.case_id)
    return intake.add(
        workplace,
        place,
        name=item.name,
        source="folder" if item.path else "upload",
        model=item.job.model,
        predict=False,
        within=lambda tx, case_id: tx.items.link(item.item_id, case_id),
    )


def _place(workplace: Workplace, item: ClaimedItem) -> tuple[bytes | Path, str]:
    """Where the file's bytes are, and their hash."""
    if item.upload_key:
        return workplace.blobs.source(item.upload_key), item.upload_key
    path = Path(path_of(item.folder or "")) / path_of(item.path or "")
    # The folder may have changed since it was walked: no link leads out of it.
    if not path.is_file() or path.resolve() != path:
        raise Refused("The file is not there any more, or has become a link. Look at the folder.")
    intake.check_size(workplace, path.stat().st_size)
    return path, file_sha256(path)
