"""The commands that look after the data folder: ``restore``, ``orphans`` and ``bind``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime

from app import bootstrap
from app.cli.arguments import Bind, DeleteOrphans, Restore
from app.cli.database import bring_up_to_date
from app.domain.audit.entries import NO_ENTRY, AuditHead
from app.domain.errors import Unavailable
from app.runtime.folder_lock import FolderLock
from app.services import binding, originals
from app.services.audit import reading, recording
from app.settings import Settings
from app.store.files.blobs import Blobs
from app.store.files.orphans import Orphan
from app.store.restore import look, swap
from app.store.sql_store import sqlite_file

MEGABYTE = 1_000_000


def restore(settings: Settings, request: Restore) -> int:
    """Put a backup in the database's place and bring the files in order with it."""
    path = request.backup
    with _alone(settings, "restore"):
        blobs = Blobs(str(settings.blobs))
        facts = look(settings.store_url, path, identity_key=binding.IDENTITY)
        if not request.anyway:
            binding.check_backup(facts.names, facts.identity, blobs)
        before = _audit_head(settings)
        saved = swap(settings.store_url, path, backups=settings.backups, now=datetime.now(UTC))
        with closing(bootstrap.open_unchecked(settings)) as workplace:
            recording.record_restore(workplace, before)
            binding.bind(workplace)
            done = originals.tidy(workplace)
    print(f"The database is that of {path.name} now.")
    if saved is not None:
        print(f"What was there before: {saved}")
    for line in _tidied_lines(done):
        print(line)
    return 0


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
    for line in _orphan_lines(Blobs(str(settings.blobs)).orphans.all()):
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
    """Neither server nor worker may run meanwhile."""
    with ExitStack() as locks:
        for path in (settings.server_lock, settings.worker_lock):
            locks.enter_context(FolderLock(path, note=f"{command}, process {os.getpid()}"))
        yield


def _agreed(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
