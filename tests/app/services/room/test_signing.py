"""What comes back from the room: entries that are kept, signed, or discarded."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from app.domain.actors import Actor
from app.domain.annotations import Annotation, PrototypeJudgement
from app.domain.errors import Conflict, Forbidden, NotFound, Refused
from app.domain.interventions.changes import Change
from app.domain.marks import Mark
from app.domain.room.drafts import MOST_SECONDS
from app.services import annotations, review
from app.services.interventions import asking
from app.services.room.signing import discard, keep, sign
from app.services.uploading import intake
from tests.app.services.room.conftest import Room
from tests.app.services.workplaces import png

BOX = {"kind": "rectangle", "points": [[2.0, 3.0], [6.0, 9.0]], "purpose": "finding", "text": ""}
ACCEPT = {"verdict": "accept", "confidence": "5"}
ALL: dict[str, Any] = {
    "answers": ACCEPT
    | {"reason": "wrong", "region": "elsewhere", "judged_map": "class:finding", "text": "A clip."},
    "judgements": {
        "p00": {"similar": "yes", "usefulness": "useful", "artefact": None},
        "p01": {"similar": "no", "usefulness": "artefact", "artefact": "other"},
        "p02": {"similar": None, "usefulness": "", "artefact": "text"},
    },
    "marks": [BOX],
    "active_seconds": 31.5,
}


def signed(room: Room, revision: int = 0, **entries: Any) -> Annotation:
    return sign(room.workplace, room.case_id, entries, frame=0, revision=revision)


def kept(room: Room, revision: int = 0, **entries: Any) -> str:
    return keep(room.workplace, room.case_id, entries, frame=0, revision=revision)


def try_without(room: Room, *prototypes: str) -> None:
    """Switch prototypes off to see what the model says then."""
    asking.request(room.workplace, room.case_id, frame=0, change=Change(off=prototypes))


def test_all_parts_land_in_the_revision(read: Room) -> None:
    try_without(read, "p01")
    signed(read, **ALL)
    revision = read.sheet.annotation
    assert revision is not None
    assert (revision.verdict, revision.confidence, revision.text) == ("accept", 5, "A clip.")
    assert (revision.reason, revision.region) == ("wrong", "elsewhere")
    assert revision.judged_map == "class:finding"
    assert revision.prototype_judgements == {
        "p00": PrototypeJudgement(True, "useful"),
        "p01": PrototypeJudgement(False, "artefact", "other"),
    }
    assert revision.marks == (Mark("rectangle", ((2.0, 3.0), (6.0, 9.0))),)
    assert [one["off"] for one in revision.tried] == [["p01"]] and revision.tried[0]["after"]
    assert revision.active_seconds == 31.5
    assert revision.audit_hash is not None


def test_all_parts_land_in_the_export(read: Room) -> None:
    try_without(read, "p01")
    signed(read, **ALL)
    (record,) = json.loads(annotations.export(read.workplace, format="json"))["annotations"]
    assert (record["reason"], record["region"]) == ("wrong", "elsewhere")
    assert (record["judged_map"], record["active_seconds"]) == ("class:finding", 31.5)
    assert (record["marks"], record["tried"][0]["off"]) == ([BOX], ["p01"])
    assert record["prototype_judgements"]["p01"]["artefact"] == "other"
    (line,) = csv.DictReader(io.StringIO(annotations.export(read.workplace).decode()))
    assert json.loads(line["marks"]) == [BOX]
    assert json.loads(line["tried"]) == record["tried"]
    assert (line["reason"], line["active_seconds"]) == ("wrong", "31.5")


def test_what_was_not_said_stays_empty(read: Room) -> None:
    revision = signed(read, answers=ACCEPT)
    assert (revision.reason, revision.region, revision.judged_map) == (None, None, "")
    assert (revision.marks, revision.tried, revision.active_seconds) == ((), (), None)
    (line,) = csv.DictReader(io.StringIO(annotations.export(read.workplace).decode()))
    assert {line[name] for name in ("reason", "marks", "tried", "active_seconds")} == {""}


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (None, "whether the label is right, and how sure you are"),
        ({}, "whether the label is right, and how sure you are"),
        ({"confidence": "3"}, "^Say whether the label is right, then sign"),
        ({"verdict": "accept"}, "^Say how sure you are, then sign"),
        ({"verdict": "maybe", "confidence": "3"}, "is no verdict"),
        (ACCEPT | {"confidence": "6"}, "not between 1 and 5"),
        (ACCEPT | {"verdict": "reject"}, "without saying what is right"),
        (ACCEPT | {"verdict": "reject", "label": "finding"}, "is the predicted one"),
        (ACCEPT | {"verdict": "supplement"}, "The supplement is empty"),
        (ACCEPT | {"reason": "perhaps"}, "no answer to whether the reason is right"),
        (ACCEPT | {"region": "agree"}, "names no heatmap"),
        (ACCEPT | {"region": "agree", "judged_map": ""}, "names no heatmap"),
        (ACCEPT | {"text": "x" * 10_001}, "Shorten it"),
        (ACCEPT | {"text": ["no", "text"]}, "An answer is no text"),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_said(
    read: Room, answers: Any, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        signed(read, answers=answers)
    assert read.sheet.revisions == ()


@pytest.mark.parametrize(
    ("judgement", "sentence"),
    [
        ({"usefulness": "artefact"}, "Choose device, text, border, laterality or other"),
        ({"usefulness": "splendid"}, "is no judgement"),
        ({"usefulness": ["useful"]}, "is no judgement"),
        ({"usefulness": "artefact", "artefact": "dust"}, "is no artefact"),
        ({"similar": True}, "cannot be read"),
        ({"similar": ["yes"]}, "cannot be read"),
        ("useful", "cannot be read"),
    ],
)
def test_a_judgement_of_a_prototype_is_whole_or_refused(
    read: Room, judgement: Any, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        signed(read, answers=ACCEPT, judgements={"p01": judgement})
    with pytest.raises(Refused, match="p99"):
        signed(read, answers=ACCEPT, judgements={"p99": {"similar": "yes"}})
    assert read.sheet.revisions == ()


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"marks": "none"}, "no shapes"),
        ({"marks": [{"kind": "circle", "points": [[1, 1]]}]}, "is no shape"),
        ({"marks": [BOX | {"points": [[1, 1]]}]}, "has 2 to 2 points"),
        ({"marks": [BOX] * 101}, "at most 100 shapes"),
    ],
)
def test_shapes_and_changes_that_are_none_are_refused(
    read: Room, entries: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        signed(read, answers=ACCEPT, **entries)
    with pytest.raises(Refused, match=sentence):
        kept(read, **entries)
    assert read.sheet.revisions == () and read.open().form.draft_saved_at == ""


@pytest.mark.parametrize(
    ("seconds", "noted"),
    [
        (-3, 0.0),
        (7, 7.0),
        (10**400, MOST_SECONDS),
        (float("nan"), None),
        (True, None),
        ("31", None),
    ],
)
def test_the_time_lies_within_a_day_or_is_not_noted(
    read: Room, seconds: object, noted: float | None
) -> None:
    assert signed(read, answers=ACCEPT, active_seconds=seconds).active_seconds == noted


def test_what_was_tried_before_an_earlier_signature_stands_with_that_one(read: Room) -> None:
    try_without(read, "p01")
    signed(read, answers=ACCEPT)
    try_without(read, "p00")
    again = signed(read, 1, answers=ACCEPT)
    assert [one["off"] for one in again.tried] == [["p00"]]


def test_a_corrected_label_that_was_taken_back_is_not_signed(read: Room) -> None:
    assert signed(read, answers=ACCEPT | {"label": "none"}).corrected_label is None
    again = signed(read, 1, answers=ACCEPT | {"verdict": "reject", "label": " none "})
    assert again.corrected_label == "none"


def test_a_revision_of_somebody_else_is_not_overwritten_and_the_draft_stays(read: Room) -> None:
    mine = {"answers": ACCEPT | {"text": "mine"}}
    kept(read, **mine)
    other = read.workplace.of(Actor("Reader Two"))
    review.sign(other, read.case_id, verdict="accept", confidence=1, expected_revision=0)
    with pytest.raises(Conflict, match="nothing was overwritten"):
        signed(read, **mine)
    assert len(read.sheet.revisions) == 1
    form = read.open().form
    assert form.newer.startswith("Revision 1 was signed") and form.answers["text"] == "mine"
    signed(read, 1, **mine)
    latest = read.sheet.annotation
    assert latest is not None and (latest.revision, latest.text) == (2, "mine")


def test_a_draft_is_gone_after_signing_and_the_form_begins_from_the_new_revision(
    read: Room,
) -> None:
    kept(read, answers={"text": "half a thought"})
    signed(read, answers=ACCEPT | {"text": "a whole one"})
    form = read.open().form
    assert (form.draft_saved_at, form.newer, form.revision) == ("", "", 1)
    assert form.answers["text"] == "a whole one"


def test_what_is_not_signed_outlives_the_session_that_entered_it(read: Room) -> None:
    saved_at = kept(read, answers={"verdict": "supplement", "text": "half a thought"})
    form = read.open().form
    assert form.answers == {"verdict": "supplement", "text": "half a thought"}
    assert form.draft_saved_at == saved_at


def test_a_newer_draft_takes_the_place_of_the_one_before(read: Room) -> None:
    kept(read, answers={"text": "first", "verdict": "accept"})
    kept(read, answers={"text": "second"})
    assert read.open().form.answers == {"text": "second"}


def test_discarding_brings_back_what_was_signed(read: Room) -> None:
    signed(read, answers=ACCEPT | {"text": "theirs"})
    kept(read, 1, answers={"text": "mine"})
    discard(read.workplace, read.case_id, frame=0)
    form = read.open().form
    assert (form.answers["text"], form.draft_saved_at) == ("theirs", "")
    discard(read.workplace, read.case_id, frame=0)  # a second time changes nothing
    for wrong, frame in ((read.case_id, 7), ("0" * 16, 0)):
        with pytest.raises(NotFound):
            discard(read.workplace, wrong, frame=frame)


def test_a_draft_of_one_reader_is_not_anothers_nor_another_frames(read: Room) -> None:
    kept(read, answers={"text": "mine"})
    mine = read.workplace
    read.workplace = mine.of(Actor("Reader Two"))
    assert read.open().form.answers == {}
    kept(read, answers={"text": "theirs"})
    discard(read.workplace, read.case_id, frame=0)
    read.workplace = mine
    assert read.open().form.answers == {"text": "mine"}
    with pytest.raises(NotFound, match="1 frame"):
        keep(mine, read.case_id, {}, frame=1, revision=0)


def test_a_draft_keeps_nothing_but_the_parts_of_an_entry(read: Room) -> None:
    kept(read, answers={"text": "mine"}, revision=0, study="s", other="x" * 300_000)
    with read.workplace.store.read() as tx:
        draft = tx.drafts.get(read.case_id, frame=0, reader="Reader One")
    assert draft is not None and set(draft.content) == {"answers"}


def test_entries_that_are_too_large_are_refused_and_the_earlier_draft_stays(read: Room) -> None:
    kept(read, answers={"text": "mine"})
    with pytest.raises(Refused, match="too large to be kept as a draft"):
        kept(read, answers={"text": "x" * 200_001})
    assert read.open().form.answers == {"text": "mine"}


def test_a_draft_goes_with_its_case(read: Room) -> None:
    kept(read, answers={"text": "mine"})
    review.delete_case(read.workplace, read.case_id)
    with read.workplace.store.read() as tx:
        assert tx.drafts.of_reader("Reader One") == ()
    with pytest.raises(NotFound, match="no longer exists"):
        kept(read, answers={"text": "mine"})


def test_before_there_is_a_prediction_nothing_can_be_accepted(room: Room) -> None:
    room.case_id = str(intake.add(room.workplace, png(1), name="a.png").case_id)
    with pytest.raises(Refused, match="Wait for it to be ready"):
        signed(room, answers=ACCEPT)


def test_a_role_that_may_not_sign_keeps_and_signs_nothing(read: Room) -> None:
    read.workplace = read.workplace.of(Actor("Aud", "reader", frozenset({"auditor"})))
    for act in (kept, signed):
        with pytest.raises(Forbidden):
            act(read, answers=ACCEPT)
    with pytest.raises(Forbidden):
        discard(read.workplace, read.case_id, frame=0)
