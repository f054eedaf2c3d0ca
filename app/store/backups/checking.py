"""Is a backup what was written? Its files against the manifest, the audit against its chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.domain.audit.chain import ChainCheck
from app.domain.audit.entries import AuditEntry, AuditHead
from app.domain.errors import Refused
from app.store import restore
from app.store.audit import guards
from app.store.backups import manifest
from app.store.backups.manifest import Manifest

_COLUMNS = tuple(AuditEntry.__dataclass_fields__)


def problems(folder: Path, told: Manifest) -> Iterator[str]:
    """A sentence for each file that is missing, was changed, or is not of the backup.

    Args:
        folder: of the backup.
        told: its manifest.
    """
    here = set(manifest.files_in(folder)) - {manifest.NAME}
    for name in sorted(here - set(told.files)):
        yield f"{name} is not of this backup: its manifest does not name it."
    for name, facts in sorted(told.files.items()):
        if name not in here or (folder / name).is_symlink():
            yield f"{name} is missing from this backup."
        elif manifest.file_facts(folder / name) != facts:
            yield f"{name} was changed after the backup was made."


def audit_problems(folder: Path, told: Manifest) -> Iterator[str]:
    """A sentence for each thing that does not agree in the audit of a backup's database.

    Args:
        folder: of the backup, in which no file was changed.
        told: its manifest.
    """
    database = folder / told.database
    try:
        head, wrong = audit_of(database, told.kind)
    except Refused as error:
        yield f"{told.database}: {error}"
        return
    yield from (f"{told.database}: {problem}" for problem in wrong)
    if head != told.audit:
        yield (
            f"{told.database}: the audit ends at entry {head.sequence}, and the manifest names "
            f"entry {told.audit.sequence} with another hash or number."
        )


def audit_of(database: Path, kind: str) -> tuple[AuditHead, tuple[str, ...]]:
    """The head of the audit in a copied database, and what is wrong with its chain.

    Args:
        database: an SQLite file, or PostgreSQL's dump.
        kind: "sqlite" or "postgresql".

    Raises:
        Refused: it cannot be read.
    """
    check = ChainCheck(())
    rows = restore.rows_of(database, kind, guards.TABLE, _COLUMNS)
    entries = sorted((_entry(row) for row in rows), key=lambda entry: entry.sequence)
    wrong = tuple(check.problems(entries))
    return check.head, wrong


def _entry(row: dict[str, Any]) -> AuditEntry:
    values = dict(row)
    for name in ("sequence", "version"):
        try:
            values[name] = int(values[name])
        except (TypeError, ValueError):
            values[name] = 0
    return AuditEntry(**values)
