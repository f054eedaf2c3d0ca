"""Every part of a read is in its hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.annotations import PrototypeJudgement
from app.domain.marks import Mark
from app.domain.studies.digests import read_digest, read_subject
from app.domain.studies.judgement import Judgement
from app.domain.studies.reads import Adjudication, FirstRead, ReadKey, SignedRead

AT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = ReadKey("case1", "ann", "study1", 2, 3)
FIRST = FirstRead(KEY, "none", 3, (), True, {}, 1.0, AT, audit_salt="s")
SAID = Judgement("accept", 3)
SIGNED = SignedRead(KEY, SAID, "none", "m", "none", 0.5, None, AT, audit_salt="s")
DECIDED = Adjudication("study1", "case1", 2, "cho", "none", 3, "", (), 1.0, AT, audit_salt="s")
BOX = Mark("rectangle", ((0.0, 0.0), (1.0, 1.0)))


def test_each_field_changes_the_hash() -> None:
    others = [
        FIRST,
        *(
            replace(FIRST, **{name: value})
            for name, value in {
                "key": replace(KEY, round=1),
                "label": "finding",
                "confidence": 4,
                "marks": (BOX,),
                "nothing_to_mark": False,
                "answers": {"a": 1},
                "active_seconds": 2.0,
                "locked_at": AT.replace(day=2),
                "audit_salt": "t",
            }.items()
        ),
        SIGNED,
        *(
            replace(SIGNED, judgement=replace(SAID, **{name: value}))
            for name, value in {
                "verdict": "reject",
                "confidence": 4,
                "reason": "right",
                "region": "agree",
                "corrected_label": "x",
                "text": "x",
                "prototype_judgements": {"p": PrototypeJudgement(similar=True)},
                "marks": (BOX,),
                "tried": ({"a": 1},),
                "answers": {"a": 1},
                "active_seconds": 2.0,
            }.items()
        ),
        replace(SIGNED, label="finding"),
        replace(SIGNED, predicted_probability=0.6),
        DECIDED,
        replace(DECIDED, label="finding"),
        replace(DECIDED, adjudicator="dan"),
    ]
    assert len({read_digest(one) for one in others}) == len(others)


def test_the_entry_itself_is_no_part_of_what_it_is_over() -> None:
    for read in (FIRST, SIGNED, DECIDED):
        named = replace(read, audit_sequence=4, audit_hash="h")
        assert read_digest(named) == read_digest(read)


def test_a_subject_begins_with_the_case() -> None:
    assert read_subject(FIRST) == "case1:2:first:study1:3"
    assert read_subject(SIGNED) == "case1:2:second:study1:3"
    assert read_subject(DECIDED) == "case1:2:adjudication:study1"
    assert read_subject(replace(FIRST, key=ReadKey("c", "ann"))) == "c:0:first:-:1"
