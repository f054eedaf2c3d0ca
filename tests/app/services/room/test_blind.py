"""The first read: the image and the questions, and nothing that a model said, until the lock."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from app.domain.actors import Actor
from app.domain.errors import Conflict, Refused
from app.domain.room.sheet import RoomSheet
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.services.room.blind import lock
from app.services.room.signing import keep
from app.services.studies import blinding, managing
from tests.app.services.room.conftest import Room
from tests.app.services.workplaces import CLASSES

BOX = {"kind": "rectangle", "points": [[2.0, 3.0], [6.0, 9.0]], "purpose": "finding", "text": ""}
SAID = {"label": "finding", "confidence": "4"}


@pytest.fixture
def blind(readers: None, read: Room) -> Room:
    """An image with a prediction and maps, of a reader who chose to read first."""
    blinding.set_reads_first(read.workplace, True)
    return read


def study_of(room: Room, **protocol: Any) -> str:
    """An open study of the image, read by whoever is in the room."""
    made = managing.create(
        room.workplace,
        name="First",
        protocol=Protocol("A study", CLASSES, "none", adjudication="never", **protocol),
        cases=[StudyCase(room.case_id)],
        readers=(room.workplace.reader,),
        adjudicators=(),
    )
    return managing.open_study(room.workplace, made.study_id).study_id


def check_blind(opened: RoomSheet) -> None:
    """Nothing that a model said is in the sheet."""
    assert opened.stage == "blind"
    assert (opened.headline, opened.waterfall) == (None, None)
    assert (opened.cards, opened.maps, opened.map_actions, opened.work) == ((), (), (), ())
    assert (opened.revisions, opened.anyway, opened.facts.actions) == ((), "", ())
    given = asdict(opened)
    del given["form"]["questions"], given["form"]["answers"]  # labels to choose from; the reader's
    text = json.dumps(given, ensure_ascii=False)
    for word in ("finding", "none", "%", "p00", "0.8", "nih-pneumonia"):
        assert word not in text, word


def locked(room: Room, study: str = "", **entries: Any) -> Any:
    return lock(room.workplace, room.case_id, entries, frame=0, study=study)


def test_before_the_lock_the_sheet_holds_nothing_that_a_model_said(blind: Room) -> None:
    opened = blind.open()
    check_blind(opened)
    label, confidence, marks = opened.form.questions
    assert (label.kind, [choice.value for choice in label.choices]) == ("label", list(CLASSES))
    assert [choice.title for choice in confidence.choices][::4] == ["1 guess", "5 certain"]
    assert marks.choices[0].key == "nothing-to-mark"
    assert (opened.form.button, opened.form.judgement) == ("Lock my read", ())
    check_blind(blind.open(anyway=True))


def test_the_lock_reveals_and_is_not_undone(blind: Room) -> None:
    first = locked(blind, answers=SAID, marks=[BOX], active_seconds=12.0)
    assert (first.label, first.confidence, first.active_seconds) == ("finding", 4, 12.0)
    assert [mark.to_json() for mark in first.marks] == [BOX]
    opened = blind.open()
    assert opened.stage == "revealed" and opened.headline and opened.cards and opened.maps
    with pytest.raises((Conflict, Refused), match="locked before"):
        locked(blind, answers=SAID, marks=[BOX])


def test_a_draft_of_the_first_read_is_kept_and_goes_with_the_lock(blind: Room) -> None:
    keep(blind.workplace, blind.case_id, {"answers": SAID, "marks": [BOX]}, frame=0, revision=0)
    form = blind.open().form
    assert (form.answers, form.marks) == (SAID, (BOX,)) and form.draft_saved_at
    locked(blind, answers=SAID, marks=[BOX])
    assert blind.open().form.draft_saved_at == ""


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (None, "what it shows, and how sure you are"),
        ({"label": "finding"}, "how sure you are"),
        ({"confidence": "4"}, "Say what it shows"),
        (SAID | {"label": ["finding"]}, "The label is no text"),
        (SAID | {"confidence": "9"}, "confidence"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_locked(
    blind: Room, answers: Any, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        locked(blind, answers=answers, marks=[BOX])
    assert blind.open().stage == "blind"


@pytest.mark.parametrize("seconds", [True, "12", -4, float("nan")])
def test_a_time_that_is_none_is_no_time(blind: Room, seconds: object) -> None:
    assert locked(blind, answers=SAID, marks=[BOX], active_seconds=seconds).active_seconds == 0.0


def test_where_nothing_is_hidden_there_is_nothing_to_lock(read: Room) -> None:
    with pytest.raises(Refused, match="nothing to lock"):
        locked(read, answers=SAID, marks=[BOX])


def test_somebody_elses_choice_hides_nothing_from_this_reader(blind: Room) -> None:
    blind.workplace = blind.workplace.of(Actor("Reader Two"))
    assert blind.open().stage == "free"


def test_a_studys_labels_and_questions_are_asked_and_its_draft_is_its_own(blind: Room) -> None:
    study = study_of(blind)
    keep(
        blind.workplace, blind.case_id, {"answers": SAID}, frame=0, revision=0, study=study
    )  # fmt: skip
    opened = blind.open(study=study)
    check_blind(opened)
    assert opened.study == study and opened.form.answers == SAID
    assert opened.form.questions[0].kind == "choice", "a study's labels are its protocol's"
    assert opened.facts.models == (), "in a study nobody chooses the model"
    assert blind.open().form.answers == {}
    locked(blind, study, answers=SAID, marks=[BOX])
    assert blind.open(study=study).stage == "revealed"
