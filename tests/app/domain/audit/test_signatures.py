"""What is signed becomes one hash that depends on all of it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from app.domain.annotations import Annotation, PrototypeJudgement
from app.domain.audit.signatures import ADDED, signed_digest, subject_of
from app.domain.marks import Mark
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
    "marks": (Mark("point", ((1.0, 2.0),)),),
    "tried": ({"off": ["p1"]},),
    "active_seconds": 0.0,
}
OF_THE_FIRST_VERSION = "ed516c80fea6056dd9696b5760deab63aefe0f7eeb47d53ae337f3d5581cbac8"
"""Of :data:`SIGNED`, as the program computed it before there were reasons, marks and changes."""
UNSIGNED = ("audit_sequence", "audit_hash")


@pytest.mark.parametrize("name", [f.name for f in fields(Annotation) if f.name not in UNSIGNED])
def test_every_field_is_signed(name: str) -> None:
    changed = replace(SIGNED, **{name: OTHER.get(name, "another")})
    assert signed_digest(changed) != signed_digest(SIGNED)


def test_the_entry_itself_is_not_part_of_what_it_records() -> None:
    assert signed_digest(replace(SIGNED, audit_sequence=7, audit_hash="f")) == signed_digest(SIGNED)
    assert subject_of(SIGNED) == "c1:0:1"


def test_what_was_signed_before_there_was_more_to_say_still_has_its_hash() -> None:
    assert signed_digest(SIGNED) == OF_THE_FIRST_VERSION


def test_every_field_that_came_later_makes_it_another_version() -> None:
    for name in (*ADDED, "marks"):
        changed = replace(SIGNED, **{name: OTHER.get(name, "another")})
        assert signed_digest(changed) != OF_THE_FIRST_VERSION, name
    both = replace(SIGNED, marks=OTHER["marks"], tried=OTHER["tried"])  # type: ignore[arg-type]
    one = replace(SIGNED, marks=OTHER["marks"])  # type: ignore[arg-type]
    assert signed_digest(both) != signed_digest(one)


def test_empty_parts_are_those_that_were_not_said() -> None:
    empty = replace(SIGNED, reason=None, region=None, judged_map="", marks=(), tried=())
    assert signed_digest(empty) == OF_THE_FIRST_VERSION
