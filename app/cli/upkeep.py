"""The commands that look after the data folder: ``restore``, ``orphans`` and ``bind``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app import bootstrap
from app.cli.database import bring_up_to_date
from app.cli.requests import Bind, DeleteOrphans, Restore
from app.domain.audit.entries import NO_ENTRY, AuditHead
from app.domain.errors import Refused, Unavailable
from app.runtime.folder_lock import FolderLock
from app.services import binding, originals
from app.services.audit import reading, recording
from app.services.storage.checking import blob_problem
from app.settings import Settings
from app.store.backups import putting_back
from app.store.backups.manifest import Manifest
from app.store.files.blobs import Blobs
from app.store.files.folder_notes import SEALED
from app.store.files.orphans import Orphan
from app.store.restore import BackupFacts, look, swap
from app.store.sql_store import SqlStore, sqlite_file
from app.store.workers.holding import LEASE_SECONDS

MEGABYTE = 1_000_000


def restore(settings: Settings, request: Restore) -> int:
    """Put a backup in the database's place and bring the files in order with it."""
    path, now = request.backup, datetime.now(UTC)
    with _alone(settings, "restore"):
        told = putting_back.check(path, anyway=request.anyway) if path.is_dir() else None
        if told is not None:
            path /= told.database
        blobs = bootstrap.open_blobs(settings)
        facts = look(settings.store_url, path, identity_key=binding.IDENTITY)
        if not request.anyway:
            _check_belongs(facts, blobs, is_whole=told is not None)
        before = _audit_head(settings)
        if told is not None:
            print(_put_back(settings, request.backup, told, blobs, now))
        saved = swap(settings.store_url, path, backups=settings.backups, now=now)
        with closing(bootstrap.open_unchecked(settings)) as workplace:
            if told is not None and reading.head(workplace) != told.audit:
                raise Refused(
                    "The audit of the restored database does not end where the backup's manifest "
                    "says. Restore another backup, or the file that was saved before."
                )
            recording.record_restore(workplace, before)
            binding.bind(workplace)
            done = originals.tidy(workplace)
    print(f"The database is that of {path.name} now.")
    if saved is not None:
        print(f"What was there before: {saved}")
    for line in _tidied_lines(done):
        print(line)
    return 0


def _check_belongs(facts: BackupFacts, blobs: Blobs, *, is_whole: bool) -> None:
    """A backup of all brings its stored files with it; only a folder of another is in its way."""
    if not is_whole or blobs.notes.identity() not in ("", facts.identity):
        binding.check_backup(facts.names, facts.identity, blobs)


def _put_back(settings: Settings, folder: Path, told: Manifest, blobs: Blobs, now: datetime) -> str:
    sealed = folder / "blobs" / SEALED
    blobs.notes.check_sealed_with(sealed.read_text("ascii").strip() if sealed.exists() else "")
    done = putting_back.put_back(
        folder,
        told,
        settings.data,
        now=now,
        is_sound=lambda key: blob_problem(blobs, key) is None,
        elsewhere=blobs.elsewhere,
    )
    line = f"{_files(done.written)} brought back, {done.kept:,} were there."
    return line if done.aside is None else f"{line} What differed lies in {done.aside}"


def _audit_head(settings: Settings) -> AuditHead:
    """How far the audit went in the database that is replaced; nothing where it has none."""
    file = sqlite_file(settings.store_url)
    if file is not None and not file.exists():
        return NO_ENTRY
    try:
        with closing(bootstrap.open_unchecked(settings)) as workplace:
            return reading.head(workplace)
    except Unavailable:
        return NO_ENTRY


def _tidied_lines(done: originals.Tidied) -> Iterator[str]:
    if done.brought_back:
        yield f"{_files(done.brought_back)} came back from the orphans."
    if done.put_aside:
        yield (
            f"{_files(done.put_aside)} not named in the database, put aside: python -m app orphans"
        )
    if done.left:
        yield (
            f"{_files(done.left)} not named in the database, left in place because there are many. "
            "Is there a newer backup?"
        )
    if done.missing:
        yield (
            f"{_files(done.missing)} named in the database, but missing. "
            "Copy the folder blobs back from your own backup; nothing else brings them back."
        )


def bind(settings: Settings, request: Bind) -> int:
    """Say that database and data folder belong together, after showing how far they do."""
    with _alone(settings, "bind"):
        bring_up_to_date(settings)
        with closing(bootstrap.open_unchecked(settings)) as workplace:
            with workplace.store.read() as tx:
                overlap = binding.overlap(tx.named_blobs(), workplace.blobs)
            print(
                f"The database names {_files(overlap.named)}; {overlap.both} of them are here. "
                f"The data folder holds {_files(overlap.here)}."
            )
            if not (request.yes or _agreed("Do they belong together?")):
                return 1
            binding.bind(workplace)
    print("They are bound to each other now. No file was moved or removed.")
    return 0


def list_orphans(settings: Settings) -> int:
    """Print how many files are put aside, by day; the database is not needed for that."""
    for line in _orphan_lines(bootstrap.open_blobs(settings).orphans.all()):
        print(line)
    return 0


def delete_orphans(settings: Settings, request: DeleteOrphans) -> int:
    """Remove for good what is put aside, after showing it."""
    with closing(bootstrap.open_workplace(settings)) as workplace:
        orphans = originals.orphans(workplace)
        for line in _orphan_lines(orphans):
            print(line)
        if not orphans:
            return 0
        if not (request.yes or _agreed("Delete them for good?")):
            return 1
        print(f"{_files(originals.delete_orphans(workplace))} deleted.")
    return 0


def _orphan_lines(orphans: list[Orphan]) -> Iterator[str]:
    if not orphans:
        yield "No files are put aside."
        return
    count, size = Counter[str](), Counter[str]()
    for orphan in orphans:
        count[orphan.day] += 1
        size[orphan.day] += orphan.size
    for day in sorted(count):
        yield f"{day}  {_files(count[day])}, {size[day] / MEGABYTE:.1f} MB"
    yield f"In all {_files(len(orphans))}, {sum(size.values()) / MEGABYTE:.1f} MB"


@contextmanager
def _alone(settings: Settings, command: str) -> Iterator[None]:
    """Neither server nor worker nor receiver may run meanwhile."""
    with ExitStack() as locks:
        for path in (settings.server_lock, settings.worker_lock, settings.receiver_lock):
            locks.enter_context(FolderLock(path, note=f"{command}, process {os.getpid()}"))
        _check_no_worker(settings)
        yield


def _check_no_worker(settings: Settings) -> None:
    """Workers that share a database may run on other machines, where no lock says so."""
    if not settings.is_shared:
        return
    store = SqlStore(settings.store_url)
    try:
        with store.read() as tx:
            count = len(tx.workers.living())
    except Unavailable:
        return  # there is nothing that a worker could work on
    finally:
        store.close()
    if count:
        raise Refused(
            f"{'1 worker' if count == 1 else f'{count} workers'} gave a sign of life in the last "
            f"{LEASE_SECONDS:.0f} seconds. Stop all, on every machine, then run the command again."
        )


def _agreed(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
