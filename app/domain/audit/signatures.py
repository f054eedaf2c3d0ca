"""What is signed with a verdict, as one hash that the audit keeps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from app.domain.annotations import Annotation
from app.domain.audit.entries import time_text

VERSION = 1  # of what is hashed
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
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def subject_of(annotation: Annotation) -> str:
    """How the audit names a signature; it begins with the case's id."""
    return f"{annotation.case_id}:{annotation.frame}:{annotation.revision}"
