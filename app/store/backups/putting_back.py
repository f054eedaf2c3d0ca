"""Putting back the files of a backup, before the database that names them takes its place.

Each file is there whole or not at all, and nothing that differs is lost: it is moved aside.
Whatever interrupts it, the database is the one from before, and the same command ends the work.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.domain.errors import Refused
from app.store.backups import checking, making, manifest
from app.store.backups.manifest import Manifest
from app.store.errors import readable_errors
from app.store.files.folder_notes import IDENTITY, SEALED
from app.store.files.stored_copies import BLOBS, StoredCopies
from dprotonet.atomic_files import replacement

_OWN = (f"blobs/{IDENTITY}", f"blobs/{SEALED}")
MOST_NAMED = 20


@dataclass(frozen=True)
class PutBack:
    """What was done with the files."""

    written: int
    kept: int
    """They were there as the backup has them."""
    aside: Path | None
    """Where those lie that differed; None where there was none."""


def check(folder: Path, *, anyway: bool) -> Manifest:
    """The manifest of a backup in which nothing was changed.

    Args:
        folder: of the backup.
        anyway: also one whose audit was altered before it was made.

    Raises:
        Refused: it names what was.
    """
    told = manifest.read(folder)
    with readable_errors():
        problems = list(checking.problems(folder, told))
        if not problems and not anyway:
            problems = list(checking.audit_problems(folder, told))
    if problems:
        more = len(problems) - MOST_NAMED
        listed = "\n".join(problems[:MOST_NAMED]) + (f"\n… and {more} more." if more > 0 else "")
        raise Refused(
            f"This backup is not what was written, so nothing was changed. Take another one.\n"
            f"{listed}"
        )
    return told


def put_back(
    folder: Path,
    told: Manifest,
    data: Path,
    *,
    now: datetime,
    is_sound: Callable[[str], bool],
    elsewhere: StoredCopies | None = None,
) -> PutBack:
    """Bring stored files, models and pictures into the data folder.

    Args:
        folder: of a backup that :func:`check` has read.
        told: its manifest.
        data: the data folder.
        now: for the name of the folder of what is moved aside.
        is_sound: is the stored file of this key what it should be? It stays then, though it may be
            sealed in another way since.
        elsewhere: the stored files, where they do not lie in the data folder.

    Raises:
        Unavailable: the disk is full; what was brought stays, and is used by the next try.
    """
    aside = data / "backups" / f"replaced-{now:%Y%m%d-%H%M%S-%f}"
    written = kept = moved = 0
    with readable_errors():
        for name, facts in sorted(told.files.items()):
            target = data / name
            if elsewhere is not None and name.startswith(BLOBS):
                done = _into_store(elsewhere, folder, name, aside, is_sound)
                kept += done == "kept"
                moved += done == "moved aside"
                written += done != "kept"
                continue
            if name == told.database or (name in _OWN and target.exists()):
                continue
            if target.is_file() and (
                manifest.file_facts(target) == facts
                or (name.startswith("blobs/") and is_sound(target.name))
            ):
                kept += 1
                continue
            with replacement(target) as staged:
                making.copy_file(folder / name, staged)
                if target.exists():
                    (aside / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    os.replace(target, aside / name)
                    moved += 1
            written += 1
    return PutBack(written, kept, aside if moved else None)


def _into_store(
    elsewhere: StoredCopies, folder: Path, name: str, aside: Path, is_sound: Callable[[str], bool]
) -> str:
    """Bring one stored file into its store: "kept", "written", or what differed "moved aside"."""
    is_there = elsewhere.exists(name)
    if is_there and (name in _OWN or is_sound(name.rpartition("/")[2])):
        return "kept"
    if is_there:
        (aside / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        elsewhere.save(name, aside / name)
    elsewhere.put(name, folder / name)
    return "moved aside" if is_there else "written"
