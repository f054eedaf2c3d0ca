"""The audit: who did what, when, to what, as a chain of entries that only grows.

Each entry holds the hash of the one before it, so that no entry can be changed, taken out or put
in between without the hash of every later one. No field holds a patient's name, a file's name or
any other free text, because the audit outlives the cases that it speaks of.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from app.domain.actors import Actor

VERSION = 1  # of the bytes that are hashed
FIRST_PREVIOUS = "0" * 64  # what the first entry names as the hash before it
DIGEST_DIGITS = 8  # of each field's digest, hexadecimal

Action = Literal[
    "case added",
    "case deleted",
    "verdict signed",
    "annotations exported",
    "report exported",
    "DICOM objects exported",
    "archive searched",
    "sending asked for",
    "sending cancelled",
    "identity restored",
    "DICOM objects sent",
    "batch started",
    "batch cancelled",
    "batch resumed",
    "batch deleted",
    "batch renamed",
    "batch exported",
    "change proposed",
    "change approved",
    "change rejected",
    "change activated",
    "change undone",
    "model added",
    "model activation asked for",
    "model activated",
    "model stopped",
    "model stop lifted",
    "pictures attached",
    "pictures searched for",
    "pictures removed",
    "site settings used",
    "site settings stopped",
    "set up for patients",
    "set up without patients",
    "study created",
    "study changed",
    "study opened",
    "study closed",
    "study discarded",
    "study exported",
    "read locked",
    "read signed",
    "case adjudicated",
    "backup restored",
    "person looked up",
    "user added",
    "roles changed",
    "account closed",
    "account opened",
    "password reset",
    "password set",
    "signed in",
    "signed out",
    "sign-in locked",
    "token made",
    "token revoked",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
_SUBJECT = re.compile(r"[0-9A-Za-z:_-]{0,100}\Z")
_HASH = re.compile(r"([0-9a-f]{64})?\Z")


@dataclass(frozen=True)
class AuditEvent:
    """What is to be recorded: everything of an entry but its place in the chain."""

    at: datetime
    """Aware."""
    actor: Actor
    action: Action
    subject: str = ""
    """Id of the case, batch, study, model, proposal or job; of a signature
    ``CASE:FRAME:REVISION``, of one that is sent ``CASE:FRAME:REVISION:ARCHIVE``, of a read
    ``CASE:FRAME:PART:STUDY:ROUND``; of a restore the number of the last entry before it."""
    image: str = ""
    """Hash of the image's pixels."""
    bundle: str = ""
    """Digest of the model."""
    settings: str = ""
    """Digest of the site's settings."""
    content: str = ""
    """SHA-256 of what was written: of the file of an export, of what was signed, with its salt; of
    what was sent the objects' identifiers, sorted, one a line; of a restore the hash of the last
    entry before it; of a case that went by a site's rule the plan that was agreed to."""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"there is no action {self.action!r} in the audit")
        if not _SUBJECT.match(self.subject):
            raise ValueError("the subject of an audit entry is an id, never a text")
        for name in ("image", "bundle", "settings", "content"):
            if not _HASH.match(getattr(self, name)):
                raise ValueError(f"{name} of an audit entry is a SHA-256, or empty")


@dataclass(frozen=True)
class AuditEntry:
    """One entry as it is stored, also where it was altered since: nothing is checked here."""

    sequence: int
    """1 for the first, without gaps."""
    recorded_at: str
    """UTC, ISO 8601 with microseconds: the text that is hashed."""
    actor: str
    actor_kind: str
    action: str
    subject: str
    image: str
    bundle: str
    settings: str
    content: str
    previous: str
    """Hash of the entry before."""
    hash: str
    """SHA-256 of :func:`canonical_bytes`."""
    field_digests: str
    """The first digits of each field's own digest, one after the other: they name the field that
    was changed."""
    version: int | str = VERSION

    @property
    def at(self) -> datetime | None:
        """When; None where the text was altered so that it is no time."""
        try:
            return datetime.fromisoformat(self.recorded_at)
        except (TypeError, ValueError):
            return None


FIELDS = tuple(
    name for name in AuditEntry.__dataclass_fields__ if name not in ("hash", "field_digests")
)
"""What an entry's hash is over."""


@dataclass(frozen=True)
class AuditHead:
    """The last entry of a chain."""

    sequence: int
    hash: str

    @property
    def is_readable(self) -> bool:
        """Can the hash be one? It cannot where it was altered to something else."""
        return bool(self.hash and _HASH.match(self.hash))


NO_ENTRY = AuditHead(0, FIRST_PREVIOUS)
"""The head of an empty chain."""


@dataclass(frozen=True)
class AuditFilters:
    """What the page is narrowed to; an empty field narrows nothing."""

    actor: str | None = None
    action: Action | None = None
    subject: str = ""
    """How an id begins; or a hash of an image, a model, settings or contents."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditPage:
    """One page of entries, newest first; ``total`` counts all pages."""

    rows: tuple[AuditEntry, ...]
    total: int
    page: int
    size: int


@dataclass(frozen=True)
class AuditReport:
    """What a verification found."""

    entries: int
    """How many were read."""
    head: AuditHead
    problems: tuple[str, ...]
    """A sentence for each; the first ones where they are many."""
    count: int
    """Of all problems."""
    anchors: int
    """How many anchors were compared."""
    checked_at: datetime


def entry_after(head: AuditHead, event: AuditEvent) -> AuditEntry:
    """The entry that an event becomes after the last one.

    Args:
        head: the last entry; :data:`NO_ENTRY` before the first.
        event: what happened.
    """
    fields = {
        "version": VERSION,
        "sequence": head.sequence + 1,
        "recorded_at": time_text(event.at),
        "actor": event.actor.name,
        "actor_kind": event.actor.kind,
        "action": event.action,
        "subject": event.subject,
        "image": event.image,
        "bundle": event.bundle,
        "settings": event.settings,
        "content": event.content,
        "previous": head.hash,
    }
    return AuditEntry(
        **fields,  # type: ignore[arg-type]
        hash=hash_of(fields),
        field_digests="".join(digest_of(name, fields[name]) for name in FIELDS),
    )


def time_text(moment: datetime) -> str:
    """A moment as the audit writes it; as text these sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def canonical_bytes(fields: Mapping[str, object]) -> bytes:
    """What an entry's hash is over: JSON in ASCII, keys sorted, without blanks.

    Args:
        fields: all of :data:`FIELDS`.
    """
    named = {name: fields[name] for name in FIELDS}
    return json.dumps(named, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def hash_of(entry: AuditEntry | Mapping[str, object]) -> str:
    """The hash that an entry should have."""
    fields = asdict(entry) if isinstance(entry, AuditEntry) else entry
    return hashlib.sha256(canonical_bytes(fields)).hexdigest()


def digest_of(name: str, value: object) -> str:
    """The first digits of one field's own digest."""
    pair = json.dumps([name, value]).encode("ascii")
    return hashlib.sha256(pair).hexdigest()[:DIGEST_DIGITS]


def changed_fields(entry: AuditEntry) -> tuple[str, ...]:
    """The fields whose digests do not agree with what stands in them."""
    width, kept = DIGEST_DIGITS, entry.field_digests or ""
    return tuple(
        name
        for number, name in enumerate(FIELDS)
        if kept[number * width : (number + 1) * width] != digest_of(name, getattr(entry, name))
    )
