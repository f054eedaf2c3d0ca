"""A backup of all that is stored, with what was wrong with it already when it was copied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.domain.permissions import needs
from app.services.binding import IDENTITY
from app.services.storage.checking import blob_problem, model_problems
from app.services.workplace import Workplace
from app.store.backups import checking, making
from app.store.backups.manifest import Manifest


@dataclass(frozen=True)
class Made:
    """A backup."""

    folder: Path
    manifest: Manifest
    problems: tuple[str, ...]
    """A sentence for each stored file or model that was changed, or missing, before it."""


@needs("run the program")
def back_up(workplace: Workplace, target: Path) -> Made:
    """Copy database, stored files and models into a new folder below ``target``, and verify it.

    Files that are damaged already are in it as they are, and named: the others are worth keeping.

    Raises:
        Refused: the folder cannot be used.
        Unavailable: the disk is full.
    """
    settings = workplace.settings
    folder, written = making.make(
        settings.store_url,
        settings.data,
        target,
        identity_key=IDENTITY,
        now=workplace.clock(),
        elsewhere=workplace.blobs.elsewhere,
    )
    blobs = sorted(name.rpartition("/")[2] for name in written.files if name.startswith("blobs/"))
    keys = [name for name in blobs if "." not in name]
    problems = [problem for key in keys if (problem := blob_problem(workplace.blobs, key))]
    problems += [f"{name} is named in the database, and is missing." for name in written.missing]
    problems += checking.audit_problems(folder, written)
    problems += model_problems((settings.own_models,))
    return Made(folder, written, tuple(problems))
