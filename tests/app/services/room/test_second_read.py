"""The second part of a study's read, with the model's answer in sight."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.errors import Refused
from app.services.room.blind import lock
from app.services.room.second_read import sign
from app.services.room.signing import keep
from tests.app.services.room.conftest import Room
from tests.app.services.room.test_blind import BOX, SAID, study_of


@pytest.fixture
def study(read: Room) -> str:
    """An open study whose first read of the image is locked."""
    study = study_of(read)
    entries = {"answers": SAID, "marks": [BOX]}
    lock(read.workplace, read.case_id, entries, frame=0, study=study)
    return study


def signed(room: Room, study: str, **entries: Any) -> Any:
    return sign(room.workplace, room.case_id, entries, frame=0, study=study)


def test_the_form_asks_of_label_and_reason_and_begins_with_what_was_drawn(
    read: Room, study: str
) -> None:
    opened = read.open(study=study)
    asked = [question.id for question in opened.form.questions]
    assert {"verdict", "reason", "confidence", "text"} <= set(asked)
    assert opened.form.answers == {} and opened.form.marks == (BOX,)
    assert opened.form.note == "Your first read: finding, confidence 4."
    assert (opened.form.button, opened.form.may_sign) == ("Sign and go on", True)
    assert opened.revisions == (), "what others signed in free review is not shown"


def test_all_parts_land_in_the_signed_read(read: Room, study: str) -> None:
    said = signed(
        read,
        study,
        answers={
            "verdict": "reject",
            "label": "none",
            "confidence": "2",
            "reason": "wrong",
            "region": "elsewhere",
            "judged_map": "class:finding",
            "text": "A fold.",
        },
        judgements={"p01": {"similar": "no", "usefulness": "artefact", "artefact": "text"}},
        marks=[BOX],
        active_seconds=8.0,
    ).judgement
    assert (said.verdict, said.corrected_label, said.confidence) == ("reject", "none", 2)
    assert (said.reason, said.region, said.text) == ("wrong", "elsewhere", "A fold.")
    assert said.prototype_judgements["p01"].artefact == "text"
    assert [mark.to_json() for mark in said.marks] == [BOX]
    assert said.active_seconds == 8.0
    opened = read.open(study=study)
    assert opened.stage == "signed" and not opened.form.may_sign
    assert opened.form.note.startswith("Signed ") and opened.form.answers["text"] == "A fold."


def test_a_reader_may_remove_what_they_drew_in_the_first_part(read: Room, study: str) -> None:
    keep(read.workplace, read.case_id, {"marks": []}, frame=0, revision=0, study=study)
    assert read.open(study=study).form.marks == ()


def test_a_draft_is_kept_and_goes_with_the_signature(read: Room, study: str) -> None:
    entries: dict[str, Any] = {"answers": {"verdict": "accept", "confidence": "5"}}
    entries |= {"active_seconds": 8.0}
    keep(read.workplace, read.case_id, entries, frame=0, revision=0, study=study)
    form = read.open(study=study).form
    assert form.answers == entries["answers"] and form.draft_saved_at
    assert form.active_seconds == 8.0
    signed(read, study, **entries)
    with read.workplace.store.read() as tx:
        assert tx.drafts.of_reader(read.workplace.reader) == ()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (None, "Say whether the label is right"),
        ({"verdict": "accept"}, "Say how sure you are"),
        ({"verdict": "maybe", "confidence": "3"}, "maybe"),
        ({"verdict": "accept", "confidence": "9"}, "confidence"),
        ({"verdict": "reject", "confidence": "3"}, "without saying what is right"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_signed(
    read: Room, study: str, answers: Any, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        signed(read, study, answers=answers)
    assert read.open(study=study).stage == "revealed"
