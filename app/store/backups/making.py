"""Making a backup of all that is stored, while the program may go on running."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from app.domain.errors import Refused, Unavailable
from app.store.backup import write_copy
from app.store.backups import checking, manifest
from app.store.backups.manifest import Manifest, Stored
from app.store.errors import readable_errors
from app.store.files.folder_notes import IDENTITY, SEALED
from app.store.files.stored_copies import StoredCopies
from app.store.restore import look

FOLDERS = ("models", "galleries")
"""What is copied beside the stored files."""


def make(
    url: str,
    data: Path,
    target: Path,
    *,
    identity_key: str,
    now: datetime,
    elsewhere: StoredCopies | None = None,
) -> tuple[Path, Manifest]:
    """Write a backup into a folder of its own and verify it.

    The database comes first: stored files never change, so that those it names are there after it,
    but for what is deleted meanwhile.

    Args:
        url: of the database.
        data: the data folder, with ``blobs``, ``models`` and ``galleries``.
        target: where the backup's folder is made; on another disk, at best.
        identity_key: of the id among the settings.
        now: for the name.
        elsewhere: the stored files, where they do not lie in the data folder.

    Returns:
        The folder, and its manifest.

    Raises:
        Refused: the folder cannot be used.
        Unavailable: the disk is full, or the copy is not what was read.
    """
    if target.resolve().is_relative_to(data.resolve()):
        raise Refused(
            "This folder lies in the data folder, and would be lost with it. Give one elsewhere."
        )
    folder = target / f"dprotonet-{now:%Y%m%d-%H%M%S-%f}"
    part = folder.with_name(f".{folder.name}{manifest.PART}")
    with readable_errors():
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.mkdir(mode=0o700)
        try:
            written = _write(url, data, part, identity_key, now, elsewhere)
            problems = list(checking.problems(part, written))
            if problems:
                raise Unavailable(
                    f"The backup is not what was read, so it was not kept. {problems[0]}"
                )
            os.replace(part, folder)
            _folder_to_disk(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    return folder, written


def _write(
    url: str,
    data: Path,
    part: Path,
    identity_key: str,
    now: datetime,
    elsewhere: StoredCopies | None,
) -> Manifest:
    kind = make_url(url).get_backend_name()
    database = part / ("database.sqlite3" if kind == "sqlite" else "database.dump")
    write_copy(url, database)
    facts = look(url, database, identity_key=identity_key)
    files = {database.name: manifest.file_facts(database)}
    names = [f"blobs/{key[:2]}/{key}" for key in sorted(facts.names)]
    own = [f"blobs/{name}" for name in (IDENTITY, SEALED)]
    if elsewhere is None:
        missing = [name for name in names + own if not _copied(data, part, name, files)]
    else:
        missing = [name for name in names + own if not _saved(elsewhere, part, name, files)]
    for name in _visible(data):
        _copied(data, part, name, files)
    written = Manifest(
        made_at=now.isoformat(timespec="seconds"),
        database=database.name,
        kind=kind,
        identity=facts.identity,
        audit=checking.audit_of(database, kind)[0],
        files=files,
        missing=tuple(name for name in missing if name not in own),
    )
    manifest.write(part, written)
    return written


def _visible(data: Path) -> Iterable[str]:
    """Files of models and pictures; hidden ones are being written."""
    for folder in FOLDERS:
        for name in manifest.files_in(data / folder):
            if not any(step.startswith(".") for step in name.split("/")):
                yield f"{folder}/{name}"


def _copied(data: Path, part: Path, name: str, files: dict[str, Stored]) -> bool:
    """Copy one file, and note what was read; False where it is not there."""
    source, target = data / name, part / name
    if source.is_symlink() or not source.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        copy_file(source, target)
        files[name] = manifest.file_facts(source)
    except FileNotFoundError:  # deleted just now
        target.unlink(missing_ok=True)
        return False
    return True


def _saved(elsewhere: StoredCopies, part: Path, name: str, files: dict[str, Stored]) -> bool:
    """The same of a file that is in a store."""
    target = part / name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        files[name] = Stored(*elsewhere.save(name, target))
    except FileNotFoundError:
        return False
    return True


def copy_file(source: Path, target: Path) -> None:
    """Copy a file for this user alone, and wait until the disk has it."""
    with source.open("rb") as file, target.open("xb") as copy:
        os.chmod(target, 0o600)
        shutil.copyfileobj(file, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())


def _folder_to_disk(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
