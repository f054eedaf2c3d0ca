"""A verification reads all, and says what was changed in the audit or in what it records."""

from __future__ import annotations

import pytest

from app.services import review
from app.services.audit import reading, verifying
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.app.store.audit.tampering import run, take_guards_down

GUARD = "The database's own guard"


@pytest.fixture
def case_id(workplace: Workplace) -> str:
    """An image whose first revision is signed in entry 2 and whose second in entry 3."""
    case = str(intake.add(workplace, png(), name="a.png").case_id)
    for revision in (0, 1):
        review.sign(
            workplace,
            case,
            verdict="supplement",
            confidence=3,
            text="A marker.",
            expected_revision=revision,
        )
    return case


def problems(workplace: Workplace) -> list[str]:
    """Without those of guards that were taken down."""
    report = verifying.verify(workplace)
    assert report.count == len(report.problems)
    return [sentence for sentence in report.problems if not sentence.startswith(GUARD)]


def test_what_was_left_alone_agrees(workplace: Workplace, case_id: str) -> None:
    fractions: list[float] = []
    report = verifying.verify(workplace, progress=fractions.append)
    assert (report.entries, report.count, report.problems) == (3, 0, ())
    assert report.head == reading.head(workplace)
    assert fractions[0] == 0 and fractions[-1] == 1


def test_guards_that_are_down_are_told(workplace: Workplace, case_id: str) -> None:
    take_guards_down(workplace.store)
    told = verifying.verify(workplace).problems
    assert len(told) == 3 and all(sentence.startswith(GUARD) for sentence in told)


CHANGES = {
    "confidence": "4",
    "text": "'a marker.'",
    "verdict": "'reject'",
    "reader": "'Reader Two'",
    "corrected_label": "'none'",
    "model_name": "'another'",
    "predicted_probability": "0.9",
    "audit_salt": "'b'",
}


def test_a_signature_that_was_changed_is_named(workplace: Workplace, case_id: str) -> None:
    run(workplace.store, "CREATE TABLE kept AS SELECT * FROM annotation")
    for column, other in CHANGES.items():
        run(workplace.store, f"UPDATE annotation SET {column} = {other} WHERE revision = 2")
        assert problems(workplace) == [
            f"The signature {case_id}:0:2 was changed after it was signed: it does not agree with "
            "entry 3."
        ], column
        before = f"(SELECT {column} FROM kept WHERE kept.id = annotation.id)"
        run(workplace.store, f"UPDATE annotation SET {column} = {before}")
    assert problems(workplace) == []


def test_a_signature_that_was_removed_or_let_go_is_told(workplace: Workplace, case_id: str) -> None:
    run(
        workplace.store,
        "DELETE FROM annotation WHERE revision = 1",
        "UPDATE annotation SET audit_sequence = NULL WHERE revision = 2",
    )
    assert [sentence.split(",")[0] for sentence in problems(workplace)] == [
        f"Entry 2 records the signature {case_id}:0:1",
        f"Entry 3 records the signature {case_id}:0:2",
    ]
    review.delete_case(workplace, case_id)
    assert problems(workplace) == []


def test_an_end_that_was_cut_off_is_told_by_the_signatures(
    workplace: Workplace, case_id: str
) -> None:
    take_guards_down(workplace.store)
    run(workplace.store, "DELETE FROM audit WHERE sequence = 3")
    assert problems(workplace) == [f"The signature {case_id}:0:2 names entry 3, which is missing."]
    run(workplace.store, "UPDATE annotation SET audit_sequence = 1 WHERE revision = 2")
    assert problems(workplace) == [
        f"The signature {case_id}:0:2 does not agree with entry 1, which it names."
    ]


def test_a_row_that_can_no_longer_be_read_is_told(workplace: Workplace, case_id: str) -> None:
    if workplace.store.engine.dialect.name == "postgresql":
        pytest.skip("its columns hold no other kinds of values")
    run(workplace.store, "UPDATE annotation SET created_at = 'yesterday'")
    assert problems(workplace) == [
        "The row of a signature was altered so that it can no longer be read."
    ]


def test_of_very_many_problems_the_first_are_told_and_all_counted(
    workplace: Workplace, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "MOST_NAMED", 2)
    take_guards_down(workplace.store)
    run(workplace.store, "UPDATE audit SET actor = 'Reader Two'")
    report = verifying.verify(workplace)
    assert (len(report.problems), report.count) == (2, 6)
