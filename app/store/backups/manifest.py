"""The manifest of a backup: every file with its length and hash, and a hash of the manifest itself.

It is written last, and the folder gets its name after it: what was interrupted has neither.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.domain.audit.entries import AuditHead
from app.domain.errors import Refused
from app.store.errors import readable_errors

NAME = "manifest.json"
FORMAT = 1
PART = ".part"  # how the names end of folders that are being written
NOT_WHOLE = (
    "{} is no whole backup: its manifest.json is missing or was changed. Take another one of the "
    "backups."
)


@dataclass(frozen=True)
class Stored:
    """One file of a backup."""

    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; no name of a person, a reader or an image."""

    made_at: str
    """UTC, ISO 8601."""
    database: str
    """Name of the database's file."""
    kind: str
    """"sqlite" or "postgresql"."""
    identity: str
    """Of the data folder that it is of."""
    audit: AuditHead
    """The last entry of the audit in the database."""
    files: Mapping[str, Stored]
    """All files but the manifest, by path with ``/``."""
    missing: tuple[str, ...] = ()
    """Stored files that the database names and that were not there."""
    not_in_it: tuple[str, ...] = (
        "keys: of pseudonyms, of stored files, of signing models, and of sign-in",
        "models and folders outside the data folder",
        "orphans",
    )


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, and wait until the disk has it."""
    content = asdict(manifest)
    body = {"format": FORMAT, **content}
    body["sha256"] = _digest(body)
    with (folder / NAME).open("x", encoding="ascii") as file:
        json.dump(body, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        Refused: there is none, or it was changed.
    """
    try:
        with readable_errors():
            body = json.loads((folder / NAME).read_text(encoding="ascii"))
        digest = body.pop("sha256")
        if folder.name.endswith(PART) or _digest(body) != digest or body.pop("format") != FORMAT:
            raise ValueError
        return _manifest(body)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Refused(NOT_WHOLE.format(folder)) from None


def file_facts(path: Path) -> Stored:
    """Length and hash of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Stored(file.tell(), sha256)


def files_in(folder: Path) -> Iterator[str]:
    """All files of a folder, links among them, by path with ``/``."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix()


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _manifest(body: Mapping[str, Any]) -> Manifest:
    return Manifest(
        made_at=str(body["made_at"]),
        database=str(body["database"]),
        kind=str(body["kind"]),
        identity=str(body["identity"]),
        audit=AuditHead(int(body["audit"]["sequence"]), str(body["audit"]["hash"])),
        files={name: Stored(**facts) for name, facts in body["files"].items()},
        missing=tuple(body["missing"]),
        not_in_it=tuple(body["not_in_it"]),
    )
