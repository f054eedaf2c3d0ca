"""What the reader is asked, and what they have answered so far: signed, or in a draft."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor, Role
from app.domain.annotations import ARTEFACTS, OTHERS, MoreSaid, PrototypeJudgement
from app.domain.marks import Mark
from app.services import review
from app.services.room.signing import keep
from tests.app.services.room.conftest import Room

BOX = Mark("rectangle", ((2.0, 3.0), (6.0, 9.0)))


def sign(room: Room, after: int, name: str = "", **said: object) -> None:
    """A revision, of somebody else where there is a name."""
    workplace = room.workplace.of(Actor(name)) if name else room.workplace
    choices = {"verdict": "accept", "confidence": 3} | said
    review.sign(workplace, room.case_id, expected_revision=after, **choices)  # type: ignore[arg-type]


def draft(room: Room, revision: int = 0, **entries: object) -> None:
    """What this reader has entered and not signed."""
    keep(room.workplace, room.case_id, entries, frame=0, revision=revision)


def test_the_label_and_the_reason_are_asked_apart(read: Room) -> None:
    form = read.open().form
    asked = {question.id: question for question in form.questions}
    assert list(asked) == ["verdict", "label", "reason", "region", "confidence", "text"]
    assert asked["verdict"].title == "Is the label right?"
    assert asked["reason"].title == "Is the reason right?"
    assert [choice.value for choice in asked["verdict"].choices] == [
        "accept",
        "reject",
        "supplement",
    ]
    assert [choice.value for choice in asked["reason"].choices] == [
        "right",
        "partly",
        "wrong",
        "unsure",
    ]
    assert [choice.key for choice in asked["confidence"].choices] == [
        f"confidence-{n}" for n in range(1, 6)
    ]
    assert form.button == "Sign" and form.may_sign and form.note == ""


def test_another_label_is_asked_only_where_the_predicted_one_is_not_right(read: Room) -> None:
    label = read.open().form.questions[1]
    assert label.only_with == (("verdict", ("reject", "supplement")),)
    assert [choice.value for choice in label.choices] == ["none"], "not the predicted one"


def test_every_prototype_is_judged_and_an_artefact_has_a_kind(read: Room) -> None:
    similar, usefulness, artefact = read.open().form.judgement
    assert [choice.value for choice in similar.choices] == ["yes", "no"]
    assert "artefact" in [choice.value for choice in usefulness.choices]
    assert [choice.value for choice in artefact.choices] == list(ARTEFACTS)
    assert "other" in ARTEFACTS
    assert artefact.only_with == (("usefulness", ("artefact",)),)


def test_the_form_begins_with_what_was_signed_last(read: Room) -> None:
    sign(
        read,
        0,
        verdict="reject",
        corrected_label="none",
        text="A fold.",
        prototype_judgements={"p01": PrototypeJudgement(False, "artefact", "border")},
        more=MoreSaid("wrong", "elsewhere", "class:finding", (BOX,), active_seconds=4.0),
    )
    form = read.open().form
    assert form.answers == {
        "verdict": "reject",
        "label": "none",
        "reason": "wrong",
        "region": "elsewhere",
        "judged_map": "class:finding",
        "confidence": "3",
        "text": "A fold.",
    }
    assert form.judgements == {
        "p01": {"similar": "no", "usefulness": "artefact", "artefact": "border"}
    }
    assert form.marks == (BOX.to_json(),)
    assert (form.revision, form.button) == (1, "Sign as revision 2")
    assert form.note.startswith("Revision 1, ") and form.note.endswith(", Reader One.")
    assert form.active_seconds == 0.0, "the next revision's time is its own"


def test_a_draft_lies_over_what_was_signed_answer_by_answer(read: Room) -> None:
    sign(
        read,
        0,
        text="first",
        prototype_judgements={name: PrototypeJudgement(True) for name in ("p00", "p01")},
    )
    draft(
        read,
        1,
        answers={"verdict": "supplement", "text": ""},
        judgements={"p01": {"similar": "no", "usefulness": None, "artefact": None}},
        marks=[BOX.to_json()],
        tried=[{"off": ["p00"]}],
        active_seconds=12.5,
    )
    form = read.open().form
    assert form.answers == {"verdict": "supplement", "confidence": "3", "text": ""}
    assert form.judgements["p00"]["similar"] == "yes" and form.judgements["p01"]["similar"] == "no"
    assert form.marks == (BOX.to_json(),)
    assert (form.tried, form.active_seconds) == (({"off": ["p00"]},), 12.5)
    assert (form.revision, form.newer) == (1, "") and form.draft_saved_at


def test_without_a_draft_nothing_says_that_there_is_one(read: Room) -> None:
    form = read.open().form
    assert (form.draft_saved_at, form.newer, form.answers, form.tried) == ("", "", {}, ())


def test_a_revision_that_came_in_while_a_draft_was_written_is_told(read: Room) -> None:
    draft(read, answers={"text": "mine"})
    sign(read, 0, "Reader Two", text="theirs")
    form = read.open().form
    assert form.newer == (
        "Revision 1 was signed while you were writing. Your entries are kept. Sign them as "
        "revision 2, or discard them."
    )
    assert form.answers["text"] == "mine" and form.answers["verdict"] == "accept"
    assert (form.revision, form.button) == (0, "Sign as revision 2")
    sign(read, 1, "Reader Two")
    assert read.open().form.newer.startswith("Revisions up to 2 were signed while")


def test_a_judgement_that_the_draft_leaves_alone_gives_way_to_a_newer_one(read: Room) -> None:
    draft(read, answers={"verdict": "accept"})
    sign(read, 0, "Reader Two", prototype_judgements={"p01": PrototypeJudgement(True, "useful")})
    assert read.open().form.judgements["p01"]["usefulness"] == "useful"


@pytest.mark.parametrize(
    ("role", "may_sign"), [("reader", False), ("adjudicator", True), ("lead", True)]
)
def test_only_an_adjudicator_or_a_lead_signs_after_another_reader(
    read: Room, role: Role, may_sign: bool
) -> None:
    other = Actor("Ann", "reader", frozenset({role}))
    assert read.open().form.may_sign
    sign(read, 0)
    read.workplace = read.workplace.of(other)
    form = read.open().form
    assert form.may_sign is may_sign
    assert (form.note == OTHERS) is not may_sign


def test_every_revision_says_all_that_was_signed_newest_first(read: Room) -> None:
    sign(
        read,
        0,
        text="First.",
        prototype_judgements={"p00": PrototypeJudgement(True)},
        more=MoreSaid("partly", "agree", "class:finding", (BOX,), ({"off": ["p00"]},)),
    )
    sign(read, 1, verdict="reject", corrected_label="none", confidence=5)
    newest, first = read.open().revisions
    assert newest.title == "Revision 2 · Wrong" and newest.by.endswith(" · Reader One")
    model = f"nih-pneumonia {read.sheet.model[:8]}"  # type: ignore[index]
    prediction = f"Prediction: finding, 82 %, by {model}."
    assert newest.lines == ("Confidence 5", "Label: none", prediction) and newest.marks == ()
    assert first.title == "Revision 1 · Right"
    assert first.lines == (
        "Confidence 3",
        "Reason: partly",
        "Heatmap of class:finding: agree",
        "First.",
        prediction,
        "1 prototype judged.",
        "1 change tried before.",
    )
    assert first.marks == (BOX.to_json(),)
