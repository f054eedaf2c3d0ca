"""What is locked, signed or decided in a read, as one hash that the audit keeps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.domain.audit.entries import Action, time_text
from app.domain.studies.reads import Adjudication, FirstRead, SignedRead

VERSION = 1  # of what is hashed
KeptRead = FirstRead | SignedRead | Adjudication
"""What is only ever added, with an entry in the audit."""
ACTION: dict[type[KeptRead], Action] = {
    FirstRead: "read locked",
    SignedRead: "read signed",
    Adjudication: "case adjudicated",
}
_PART = {FirstRead: "first", SignedRead: "second", Adjudication: "adjudication"}
_OF_THE_ENTRY = ("audit_sequence", "audit_hash")


def read_digest(read: KeptRead) -> str:
    """SHA-256 of all that was said, with the salt that goes with the case."""
    said = {name: value for name, value in asdict(read).items() if name not in _OF_THE_ENTRY}
    text = json.dumps(
        said | {"version": VERSION, "part": _PART[type(read)]},
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
        default=_text,
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_subject(read: KeptRead) -> str:
    """How the audit names it; it begins with the case's id."""
    if isinstance(read, Adjudication):
        return f"{read.case_id}:{read.frame}:adjudication:{read.study}"
    key = read.key
    return f"{key.case_id}:{key.frame}:{_PART[type(read)]}:{key.study or '-'}:{key.round}"


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return time_text(value)
    raise TypeError(f"{type(value).__name__} is nothing that is signed")
