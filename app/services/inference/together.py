"""Several files of a batch at once: the next are read while the network looks at one, and all are
written in one transaction.

That is for files of which there is nothing to be said. One that is known already, that cannot be
read, or with which a worker died before is read alone (:mod:`app.services.inference.batch_items`):
so it costs no other file anything, and what is said of it is said in one place.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from app.domain.bundles import BundleInfo
from app.domain.cases import Case
from app.domain.errors import NotFound
from app.domain.permissions import needs, within
from app.services import models, originals
from app.services.archives import fetching
from app.services.audit.recording import record_case
from app.services.checks import site_choice
from app.services.inference import item_source
from app.services.inference.batch_items import ended
from app.services.inference.failures import is_outage, sentence
from app.services.inference.frames import NewMaps, Predictors
from app.services.inference.reading_ahead import Ahead, FileRead, ReadingAhead, discard
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem
from app.store.files.blobs import Staged
from app.store.sql_store import Transaction
from app.store.together.claimed_files import FileEnd
from app.store.together.new_cases import NewCase
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.site_settings import SiteSettings

log = logging.getLogger(__name__)
MOST = 32  # files that are taken at once
MOST_SECONDS = 0.5  # until what was read is written, and the rest waits again
LOOK_SECONDS = 0.1  # between two looks whether something goes first


@dataclass(frozen=True, eq=False)
class FilePredicted:
    """A file with what the network says of it."""

    read: FileRead
    prediction: Prediction
    new: NewMaps | None = None
    ready: Future[tuple[Staged, tuple[float, ...]]] | None = None
    """What is to be written of the maps, which a thread prepares."""

    def trouble(self) -> Exception | None:
        """Why its maps could not be prepared, once they should be."""
        error = None if self.ready is None else self.ready.exception()
        return error if isinstance(error, Exception) else None

    def discard(self, workplace: Workplace) -> None:
        """Forget what was staged of it and not kept."""
        discard(workplace, self.read)
        if self.ready is not None and not self.ready.cancel():
            with suppress(Exception):  # what could not be prepared left nothing
                workplace.blobs.discard(self.ready.result()[0])


@within
def most_beside(workplace: Workplace, item: ClaimedItem) -> int:
    """How many more files may be taken together with one that was just taken.

    None beside one that somebody began before, that has heatmaps to be made, or that has to be
    fetched: these take long, and other workers would wait for what this one holds. Nor beside a
    row of a table, of which there is nothing to be decoded.
    """
    is_plain = item.attempt == 1 and item.case_id is None and not item.explain
    if not is_plain or fetching.is_from_archive(workplace, item):
        return 0
    try:
        info = workplace.models.get(item.job.model or "")
    except NotFound:  # the file says so
        return 0
    return 0 if info.reads_rows else MOST - 1


@needs("run the program")
def run(
    workplace: Workplace,
    pool: Predictors,
    items: Sequence[ClaimedItem],
    *,
    stop: Callable[[], bool],
) -> None:
    """Read files of one batch that were taken together.

    Those that are not reached before something goes first wait again. An error that is not one
    file's lets all be read alone.
    """
    done: list[FilePredicted] = []
    alone: list[ClaimedItem] = []
    try:
        info = models.usable(workplace, items[0].job.model or "")
        _predict(workplace, pool, info, items, done, alone, stop)
        _write(workplace, info, items, done, alone)
    except Exception as error:
        if is_outage(error):
            raise  # all are taken up again when the store is back, each alone
        log.warning("batch %s: files are read one by one: %s", items[0].job.job_id, sentence(error))
        with workplace.store.write() as tx:
            tx.claimed_files.put_back([item.item_id for item in items], counted=True)
    finally:
        for one in done:
            one.discard(workplace)


def _predict(
    workplace: Workplace,
    pool: Predictors,
    info: BundleInfo,
    items: Sequence[ClaimedItem],
    done: list[FilePredicted],
    alone: list[ClaimedItem],
    stop: Callable[[], bool],
) -> None:
    job = items[0].job
    site = None
    if job.site:
        with workplace.store.read() as tx:
            site = site_choice.settings(tx, info.digest, job.site)
    end = time.monotonic() + MOST_SECONDS
    look = _Look(workplace, job.job_id, stop)
    with (
        ReadingAhead(workplace, items) as files,
        ThreadPoolExecutor(1, thread_name_prefix="maps") as beside,
    ):
        for item, ahead in files:
            predicted = None
            if ahead is not None and any(ahead[0].is_same_file(one.read) for one in done):
                discard(workplace, ahead[0])
            elif ahead is not None:
                predicted = _predicted(workplace, pool, info, site, ahead, beside)
            if predicted is None:
                alone.append(item)
            else:
                done.append(predicted)
            if time.monotonic() >= end or look.something_goes_first():
                break
    for one in done.copy():
        error = one.trouble()
        if error is not None:
            done.remove(one)
            one.discard(workplace)
            if is_outage(error):
                raise error
            alone.append(one.read.item)


def _predicted(
    workplace: Workplace,
    pool: Predictors,
    info: BundleInfo,
    site: SiteSettings | None,
    ahead: Ahead,
    beside: ThreadPoolExecutor,
) -> FilePredicted | None:
    """None where something is to be said of the file."""
    read, image = ahead
    try:
        if not info.has_reader:
            return FilePredicted(read, pool.predict(info.digest, image, site=site))
        prediction, new = pool.predict_with_maps(info.digest, image, site=site)
        if not prediction.supported:  # of such an image there is no map
            return FilePredicted(read, prediction)
        return FilePredicted(read, prediction, new, beside.submit(new.staged, workplace))
    except Exception as error:
        discard(workplace, read)
        if is_outage(error):
            raise
        return None


def _write(
    workplace: Workplace,
    info: BundleInfo,
    items: Sequence[ClaimedItem],
    done: Sequence[FilePredicted],
    alone: Sequence[ClaimedItem],
) -> None:
    """Write all in one transaction; what is not done waits again."""
    job, now = items[0].job, workplace.clock()
    reached = {one.read.item.item_id for one in done} | {item.item_id for item in alone}
    again = [item.item_id for item in alone]
    new: dict[int, NewCase] = {}
    ends: dict[int, FileEnd] = {}
    with originals.keeping(workplace) as (tx, keep):
        held = tx.claimed_files.held(one.read.item.item_id for one in done)
        known = tx.new_cases.known_files(one.read.original.key for one in done)
        twins = tx.new_cases.first_with_pixels(one.read.pixel_sha256 for one in done)
        for one in done:
            item_id = one.read.item.item_id
            if item_id not in held:
                continue  # this worker was away too long: another one reads it
            if one.read.original.key in known:  # imported meanwhile, or twice in these files
                again.append(item_id)
                continue
            case = _case(workplace, one.read)
            twin = intake.twin_text(twins.get(case.pixel_sha256, ""), case.facts)
            state, message = ended(one.prediction, case.facts.frames, twin)
            known.add(case.file_sha256)
            twins.setdefault(case.pixel_sha256, case.file_name)
            new[item_id] = _kept(one, case, keep)
            ends[item_id] = FileEnd(state, case.case_id, case.file_sha256, message)
            record_case(workplace, tx, "case added", case)
        if new:
            tx.new_cases.add(list(new.values()), negative_class=info.negative_class, now=now)
            tx.claimed_files.finish(ends)
        tx.claimed_files.put_back(again, counted=True)
        rest = [item.item_id for item in items if item.item_id not in reached]
        tx.claimed_files.put_back(rest, counted=False)
    for item_id, one_case in new.items():
        case = one_case.case
        log.info("case %s added: %s, %d bytes", case.case_id, case.facts.format, case.file_bytes)
        log.info("batch %s: one file %s", job.job_id, ends[item_id].state)


def _case(workplace: Workplace, read: FileRead) -> Case:
    item, original = read.item, read.original
    case = intake.new_case(
        workplace,
        original,
        read.facts,
        read.pixel_sha256,
        original.name or item.name,
        item_source.kind(workplace, item),
        item.job.model,
    )
    return replace(case, site=item.job.site)


def _kept(one: FilePredicted, case: Case, keep: Callable[[Staged], str]) -> NewCase:
    keep(one.read.original)
    maps = None
    if one.new is not None and one.ready is not None:
        staged, outside = one.ready.result()
        maps = one.new.drawn(keep(staged), outside)
    return NewCase(case, one.prediction, keep(one.read.thumbnail), maps)


class _Look:
    """Whether something goes before a batch's next file, asked every so often."""

    def __init__(self, workplace: Workplace, job_id: str, stop: Callable[[], bool]) -> None:
        self._workplace, self._job_id, self._stop = workplace, job_id, stop
        self._due = time.monotonic() + LOOK_SECONDS

    def something_goes_first(self) -> bool:
        """The worker leaves, the batch is not wanted any more, or a page waits."""
        if self._stop():
            return True
        if time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + LOOK_SECONDS
        with self._workplace.store.read() as tx:
            return _is_first(tx, self._job_id)


def _is_first(tx: Transaction, job_id: str) -> bool:
    return tx.jobs.is_unwanted(job_id) or tx.tries.is_any_waiting() or tx.jobs.is_any_waiting()
