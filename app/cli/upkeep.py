"""The commands that look after the data folder: ``restore``, ``orphans`` and ``bind``."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app import bootstrap
from app.runtime.folder_lock import FolderLock
from app.services import binding, originals
from app.settings import Settings
from app.store.files.blobs import Blobs
from app.store.files.orphans import Orphan
from app.store.migrate import upgrade
from app.store.restore import look, swap

MEGABYTE = 1_000_000


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run one of them; returns the exit status: 0 well, 1 not done."""
    bootstrap.prepare_data_folder(settings)
    if options.command == "restore":
        return _restore(settings, options.backup, anyway=options.anyway)
    if options.command == "bind":
        return _bind(settings, yes=options.yes)
    if options.action == "delete":
        return _delete_orphans(settings, yes=options.yes)
    for line in _orphan_lines(Blobs(str(settings.blobs)).orphans.all()):
        print(line)
    return 0


def _restore(settings: Settings, path: Path, *, anyway: bool) -> int:
    with _alone(settings, "restore"):
        blobs = Blobs(str(settings.blobs))
        facts = look(settings.store_url, path, identity_key=binding.IDENTITY)
        if not anyway:
            binding.check_backup(facts.names, facts.identity, blobs)
        saved = swap(settings.store_url, path, backups=settings.backups, now=datetime.now(UTC))
        workplace = bootstrap.open_unchecked(settings)
        try:
            binding.bind(workplace)
            done = originals.tidy(workplace)
        finally:
            workplace.close()
    print(f"The database is that of {path.name} now.")
    if saved is not None:
        print(f"What was there before: {saved}")
    for line in _tidied_lines(done):
        print(line)
    return 0


def _tidied_lines(done: originals.Tidied) -> Iterator[str]:
    if done.brought_back:
        yield f"{_files(done.brought_back)} came back that had been put aside."
    if done.put_aside:
        yield f"{_files(done.put_aside)} of no row put aside: python -m app orphans"
    if done.left:
        yield (
            f"{_files(done.left)} of no row left where they are, because they are many. "
            "Is there a newer backup?"
        )
    if done.missing:
        yield (
            f"{_files(done.missing)} missing that the database names. "
            "Copy the folder blobs back from your own backup; nothing else brings them back."
        )


def _bind(settings: Settings, *, yes: bool) -> int:
    with _alone(settings, "bind"):
        upgrade(settings.store_url, backups=settings.backups, now=datetime.now(UTC))
        workplace = bootstrap.open_unchecked(settings)
        try:
            with workplace.store.read() as tx:
                found = binding.overlap(tx.named_blobs(), workplace.blobs)
            print(
                f"The database names {_files(found.named)}; {found.both} of them are here. "
                f"The data folder holds {_files(found.there)}."
            )
            if not (yes or _agreed("Do they belong together?")):
                return 1
            binding.bind(workplace)
        finally:
            workplace.close()
    print("They are bound to each other now. No file was moved or removed.")
    return 0


def _delete_orphans(settings: Settings, *, yes: bool) -> int:
    workplace = bootstrap.open_workplace(settings)
    try:
        found = originals.orphans(workplace)
        for line in _orphan_lines(found):
            print(line)
        if not found:
            return 0
        if not (yes or _agreed("Delete them for good?")):
            return 1
        print(f"{_files(originals.delete_orphans(workplace))} deleted.")
    finally:
        workplace.close()
    return 0


def _orphan_lines(found: list[Orphan]) -> Iterator[str]:
    if not found:
        yield "No files are put aside."
        return
    count, size = Counter[str](), Counter[str]()
    for orphan in found:
        count[orphan.day] += 1
        size[orphan.day] += orphan.size
    for day in sorted(count):
        yield f"{day}  {_files(count[day])}, {size[day] / MEGABYTE:.1f} MB"
    yield f"In all {_files(len(found))}, {sum(size.values()) / MEGABYTE:.1f} MB"


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
