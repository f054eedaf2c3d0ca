"""What is signed becomes one hash that depends on all of it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from app.domain.annotations import Annotation, PrototypeJudgement
from app.domain.audit.signatures import signed_digest, subject_of
from tests.app.domain.audit.audit_entries import AT

SIGNED = Annotation(
    case_id="c1",
    frame=0,
    revision=1,
    reader="Reader One",
    verdict="reject",
    corrected_label="none",
    confidence=3,
    text="why",
    model="m",
    model_name="toy",
    predicted_label="sick",
    predicted_probability=0.75,
    created_at=AT,
    prototype_judgements={"p1": PrototypeJudgement(similar=True)},
    support="inside",
    audit_salt="a" * 32,
)
OTHER = {
    "frame": 1,
    "revision": 2,
    "confidence": 4,
    "predicted_probability": 0.7500000001,
    "created_at": AT + timedelta(microseconds=1),
    "prototype_judgements": {"p1": PrototypeJudgement(similar=False)},
}
UNSIGNED = ("audit_sequence", "audit_hash")


@pytest.mark.parametrize("name", [f.name for f in fields(Annotation) if f.name not in UNSIGNED])
def test_every_field_is_signed(name: str) -> None:
    changed = replace(SIGNED, **{name: OTHER.get(name, "another")})
    assert signed_digest(changed) != signed_digest(SIGNED)


def test_the_entry_itself_is_not_part_of_what_it_records() -> None:
    assert signed_digest(replace(SIGNED, audit_sequence=7, audit_hash="f")) == signed_digest(SIGNED)
    assert subject_of(SIGNED) == "c1:0:1"
