"""What is signed with a verdict, as one hash that the audit keeps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from app.domain.annotations import Annotation
from app.domain.audit.entries import time_text

VERSION = 2  # of what is hashed
EARLIER = 1  # without what was added in the second
SIGNED = (
    "case_id",
    "frame",
    "revision",
    "reader",
    "verdict",
    "corrected_label",
    "confidence",
    "text",
    "model",
    "model_name",
    "predicted_label",
    "predicted_probability",
    "support",
)
"""Fields of an annotation; its time and its judgements are signed too."""
ADDED = ("reason", "region", "judged_map", "tried", "active_seconds")
"""Fields that came with the second version; the marks came with them. A revision that has none of
them is hashed as in the first, so that what was signed before is still what it says."""


def signed_digest(annotation: Annotation) -> str:
    """SHA-256 of what a reader signed.

    With the salt, which is deleted with the case, nobody can try which verdict a deleted case had.

    Args:
        annotation: with its salt.
    """
    judgements = {name: asdict(one) for name, one in annotation.prototype_judgements.items()}
    signed = {name: getattr(annotation, name) for name in SIGNED} | {
        "version": VERSION,
        "created_at": time_text(annotation.created_at),
        "prototype_judgements": judgements,
        "salt": annotation.audit_salt,
    }
    added = {name: getattr(annotation, name) for name in ADDED}
    added["marks"] = [mark.to_json() for mark in annotation.marks]
    if not any(value or value == 0 for value in added.values()):
        signed["version"] = EARLIER
    else:
        signed |= added
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def subject_of(annotation: Annotation) -> str:
    """How the audit names a signature; it begins with the case's id."""
    return f"{annotation.case_id}:{annotation.frame}:{annotation.revision}"
