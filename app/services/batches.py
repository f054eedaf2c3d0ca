"""Batches: a folder's worth of images as one job, watched, stopped and taken up again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.figures.agreement import AgreementCounts
from app.domain.figures.batch_view import BatchFilters, BatchLink, batch_name
from app.domain.jobs import BatchFacts, BatchPage, BatchProgress, Job, Work
from app.domain.permissions import needs, within
from app.domain.text import counted
from app.services import jobs, originals
from app.services.audit.recording import record_batch
from app.services.checks import site_choice
from app.services.deidentify import names
from app.services.deidentify.patients import check_chosen
from app.services.studies import blinding
from app.services.uploading import batch_files, batch_starts, disc_files, intake
from app.services.uploading.batch_files import Entry, with_distinct_paths
from app.services.workplace import Workplace
from app.store.files.blobs import Staged
from app.store.sql_store import Transaction
from dprotonet.images.isolated.held_bytes import HeldBytes


@needs("add images")
def start_upload(
    workplace: Workplace,
    items: Iterable[tuple[str, bytes | Path | HeldBytes]],
    *,
    explain: bool = False,
    model: str | None = None,
    name: str = "",
) -> Job:
    """Begin a batch of uploaded files; ZIP files are opened, and a DICOMDIR says what is read.

    The bytes are kept at once, so that nothing is lost when the page changes or the server stops.

    Args:
        workplace: where.
        items: (name, bytes or path) of each; names may be relative paths, which are kept to tell
            files of one name apart.
        explain: also compute the heatmap of each image's predicted class.
        model: digest of the bundle; the active one when left out.
        name: of the batch; how many files they are, or the name of the one, when left out.

    Raises:
        Refused: too many files or bytes, nothing but an archive that cannot be used, no model,
            or it was not said yet whether patients' images will be held. Beside other files such
            an archive is a row that says why.
    """
    check_chosen(workplace)  # before any name is written down
    info = batch_starts.model_for(workplace, model)
    title = batch_name(name) if name.strip() else ""
    staged: list[Staged] = []
    entries: list[Entry] = []
    refusals: list[batch_files.RefusedArchive] = []
    try:
        size = files = 0
        for file_name, data in items:
            before, size_before, files_before = len(entries), size, files
            try:
                for entry in batch_files.unpacked(workplace, file_name, data, info):
                    entries.append(entry)
                    files = max(files + (not entry.is_row), files_before + 1)
                    if entry.blob is not None:
                        staged.append(entry.blob)
                        size += entry.blob.size
                    intake.check_upload(workplace, files=files, size=size)
            except batch_files.RefusedArchive as error:
                # None of it is used; what was unpacked is discarded in the end.
                del entries[before:]
                size, files = size_before, files_before + 1
                refusals.append(error)
                item = batch_files.refused(workplace, file_name, str(error))
                entries.append(Entry(item, None, names.path_shown(workplace, file_name)))
        if refusals and len(refusals) == len(entries):
            raise refusals[0]
        if not entries:
            raise Refused("There are no files to read. Choose some.")
        arranged = with_distinct_paths(disc_files.by_their_discs(entries))
        return _save_upload(workplace, arranged, info, explain, title)
    finally:
        for blob in staged:
            workplace.blobs.discard(blob)


@needs("add images")
def start_folder(
    workplace: Workplace,
    folder: str | Path,
    *,
    explain: bool = False,
    model: str | None = None,
    name: str = "",
) -> Job:
    """Begin a batch of all files under a folder that the settings allow.

    The worker walks the folder; hidden files and links are skipped. The batch is called as its
    folder, unless it gets a name.

    Raises:
        Refused: the folder is not in the list, there is no model, or the name is too long.
    """
    info = batch_starts.model_for(workplace, model)
    title = batch_name(name) if name.strip() else ""
    real = allowed_folder(workplace, folder)
    return batch_starts.enqueue_listed(
        workplace,
        info,
        kind="folder",
        stored=names.stored(workplace, real),
        title=title or names.folder_shown(workplace, real),
        explain=explain,
    )


@needs("add images")
def folders(workplace: Workplace) -> tuple[Path, ...]:
    """The server folders that a batch may read."""
    return workplace.settings.folders


@within
def allowed_folder(workplace: Workplace, folder: str | Path) -> Path:
    """The real path of a folder, if it lies in the list.

    Raises:
        Refused: it does not, whatever links and dots its name is made of; or it was not said yet
            whether patients' images will be held.
    """
    check_chosen(workplace)
    try:
        real = Path(folder).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        real = None
    roots = [root.resolve() for root in workplace.settings.folders]
    if real is None or not any(real.is_relative_to(root) for root in roots):
        raise Refused(
            "This folder may not be read. The folders that may are named in DPROTONET_FOLDERS "
            "when the program starts."
        )
    if not real.is_dir():
        raise Refused("This is a file, not a folder. Name the folder that it lies in.")
    return real


@needs("add images")
def subfolders(workplace: Workplace, folder: str | Path) -> tuple[Path, ...]:
    """The folders inside an allowed one, sorted; hidden ones and links are skipped.

    Where patients' images are held none is offered: their names may be those of patients.
    """
    if workplace.pseudonyms is not None:
        return ()
    real = allowed_folder(workplace, folder)
    with os.scandir(real) as entries:
        names = [e.name for e in entries if not e.name.startswith(".") and _is_folder(e)]
    return tuple(real / name for name in sorted(names))


@needs("see cases")
def batches(workplace: Workplace, *, limit: int = 50) -> tuple[BatchProgress, ...]:
    """The batches there are, newest first."""
    with workplace.store.read() as tx:
        return tx.batches.newest(limit=limit, onlooker=blinding.onlooker(workplace, tx))


@needs("see cases")
def progress(workplace: Workplace, job_id: str) -> BatchProgress:
    """Where a batch stands."""
    with workplace.store.read() as tx:
        return tx.batches.progress(job_id, onlooker=blinding.onlooker(workplace, tx))


@needs("see cases")
def rows(
    workplace: Workplace,
    job_id: str,
    *,
    page: int = 0,
    size: int = 50,
    filters: BatchFilters | None = None,
) -> BatchPage:
    """One page of a batch's files, as the filters narrow and order them."""
    with workplace.store.read() as tx:
        who = blinding.onlooker(workplace, tx)
        return tx.batch_report.page(
            job_id, page=max(page, 0), size=size, filters=filters, onlooker=who
        )


@needs("see cases")
def agreement(workplace: Workplace, job_id: str) -> AgreementCounts:
    """How many of a batch's predictions the readers agree with, disagree with, have not read."""
    with workplace.store.read() as tx:
        return tx.batch_report.agreement(job_id, onlooker=blinding.onlooker(workplace, tx))


@needs("see cases")
def of_case(workplace: Workplace, case_id: str) -> tuple[BatchLink, ...]:
    """The batches that an image came in, newest first; most have none or one."""
    with workplace.store.read() as tx:
        return tx.batches.of_case(case_id)


@needs("add images")
def rename(workplace: Workplace, job_id: str, name: str) -> None:
    """Give a batch another name.

    Raises:
        NotFound: there is no such batch.
        Refused: the name is empty or too long.
    """
    shown = batch_name(name)
    with workplace.store.write() as tx:
        tx.batches.rename(job_id, shown)
        record_batch(workplace, tx, "batch renamed", tx.batches.progress(job_id).job)


@needs("add images")
def resume(workplace: Workplace, job_id: str) -> BatchProgress:
    """Let a cancelled batch go on with the files that were not read yet."""
    return _again(workplace, job_id, failed_too=False)


@needs("add images")
def retry(workplace: Workplace, job_id: str) -> BatchProgress:
    """Read the files again that failed, and go on with those not read yet."""
    return _again(workplace, job_id, failed_too=True)


@needs("delete")
def delete(workplace: Workplace, job_id: str) -> None:
    """Remove a batch and its rows; the cases it made stay."""

    def rows_go(tx: Transaction) -> set[str]:
        job = tx.jobs.cancel(job_id, workplace.clock())
        record_batch(workplace, tx, "batch deleted", job)
        return tx.batches.delete(job_id)

    originals.remove(workplace, rows_go)


def _again(workplace: Workplace, job_id: str, *, failed_too: bool) -> BatchProgress:
    with workplace.store.write() as tx:
        tx.batches.resume(job_id, failed_too=failed_too)
        state = tx.batches.progress(job_id, onlooker=blinding.onlooker(workplace, tx))
        record_batch(workplace, tx, "batch resumed", state.job)
        return state


def _save_upload(
    workplace: Workplace,
    entries: Sequence[Entry],
    info: BundleInfo,
    explain: bool,
    title: str,
) -> Job:
    now = workplace.clock()
    with originals.keeping(workplace) as (tx, keep):
        for entry in entries:
            if entry.blob is not None:
                keep(entry.blob)
        count = f"{len(entries)} uploaded files" if len(entries) > 1 else entries[0].item.name
        if all(entry.is_row for entry in entries) and len({one.origin for one in entries}) == 1:
            count = f"{entries[0].origin}: {counted(len(entries), 'row')}"
        key = f"batch:upload:{jobs.new_id()}"
        site = site_choice.in_use(tx, info.digest)
        work = Work("batch", key, model=info.digest, site=site)
        job = jobs.enqueue(tx, work, now=now, batch=BatchFacts(title or count, explain=explain))
        tx.batch_items.add(job.job_id, [entry.item for entry in entries])
        record_batch(workplace, tx, "batch started", job)
    return job


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)
