"""An image that the model was not made for: no diagnosis in the room, and what is said instead."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from app.domain.noun import IMAGE
from app.domain.room.sheet import RoomSheet
from app.services import review
from app.services.room.refusal import CAUTION, HIDE, MEANING, SHOW, TITLE, WHAT_TO_DO, reasons
from app.services.room.signing import sign
from dprotonet.inference.support import Support
from tests.app.services.room.conftest import Room
from tests.app.services.workplaces import OUTSIDE, by_brightness


@pytest.fixture
def refused(room: Room) -> Room:
    """A dark image, which the gate refuses."""
    room.pool.gate = by_brightness
    return room.add(level=10, name="dark.png")


def said_of(opened: RoomSheet) -> str:
    """All that the browser is given, without the questions, the models to choose from, and what is
    said of training images."""
    given = asdict(opened)
    del given["form"], given["facts"]
    for card in given["cards"]:
        del card["sources"]
    return json.dumps(given, ensure_ascii=False)


def test_a_refused_image_has_neither_class_nor_percentage(refused: Room) -> None:
    opened = refused.open()
    assert opened.headline is not None and opened.headline.tone == "refused"
    assert opened.headline.sentence == IMAGE.say(TITLE)
    assert opened.headline.context == "Distance 4.50, its limit is 1.75."
    assert opened.headline.details == (WHAT_TO_DO["image"], IMAGE.say(MEANING))
    assert (opened.headline.bars, opened.cards, opened.maps) == ((), (), ())
    assert (opened.waterfall, opened.map_actions, opened.evidence_note) == (None, (), "")
    assert (opened.hides_network, opened.anyway) == (True, SHOW)
    for word in ("finding", "none", "%", "imilar to", "p00", "Explain", "0.9"):
        assert word not in said_of(opened), word


def test_what_the_network_computed_is_shown_on_request_beside_the_caution(refused: Room) -> None:
    opened = refused.open(anyway=True)
    assert (opened.hides_network, opened.anyway) == (False, HIDE)
    assert opened.evidence_note == IMAGE.say(CAUTION)
    assert [card.id for card in opened.cards] == ["p00", "p01", "p02", "p03"], "most similar first"
    assert {(card.effect, card.value) for card in opened.cards} == {("", 0.0)}
    assert opened.waterfall is None and opened.headline is not None and not opened.headline.bars
    assert "Explain class finding" in [action.title for action in opened.map_actions]
    refused.explain("class:finding").work()
    (offer,) = [one for one in refused.maps(anyway=True).values() if one.id == "class:finding"]
    assert offer.claim == "What the network computed for an image that it was not made for."
    assert (offer.warning, offer.actions, offer.details) == (IMAGE.say(CAUTION), (), ())
    shown = said_of(refused.open(anyway=True))
    assert "%" not in shown and "the probability of" not in shown


def test_heatmaps_that_were_made_of_it_stay_hidden_until_asked_for(refused: Room) -> None:
    refused.explain("class:finding").work()
    assert "Class finding" not in said_of(refused.open())
    assert len(refused.sheet.maps) > 0, "kept, and hidden"


def test_asking_anyway_changes_nothing_of_an_image_that_was_not_refused(read: Room) -> None:
    assert read.open(anyway=True) == read.open() and read.open().anyway == ""


def test_the_reader_is_asked_whether_it_was_right_to_refuse_and_nothing_of_a_reason(
    refused: Room,
) -> None:
    form = refused.open().form
    verdict, label, *others = form.questions
    assert verdict.title == "Was it right to refuse?"
    assert [choice.value for choice in verdict.choices] == ["rightly refused", "wrongly refused"]
    assert [choice.key for choice in verdict.choices] == ["accept", "reject"]
    assert label.title == "What it shows"
    assert [choice.value for choice in label.choices] == ["none", "finding"]
    assert label.only_with == (("verdict", ("rightly refused", "wrongly refused")),)
    assert [question.id for question in others] == ["confidence", "text"]
    assert form.judgement == ()
    answers = {"verdict": "wrongly refused", "confidence": "4", "label": "finding"}
    sign(refused.workplace, refused.case_id, {"answers": answers}, frame=0, revision=0)
    (note,) = refused.open().revisions
    assert note.title == "Revision 1 · Wrongly refused"
    assert note.lines[:2] == ("Confidence 4", "Label: finding")
    assert note.lines[2].startswith("Refused by nih-pneumonia")


def test_a_verdict_on_a_prediction_is_not_carried_over_to_a_model_that_refuses(
    refused: Room,
) -> None:
    first, other = (refused.workplace.models.find(n) for n in ("nih-pneumonia", "chest-phantom"))
    assert first is not None and other is not None
    refused.pool.gate = lambda image: None
    review.set_case_model(refused.workplace, refused.case_id, other.digest)
    refused.work()
    entries = {"answers": {"verdict": "accept", "confidence": 2}}
    sign(refused.workplace, refused.case_id, entries, frame=0, revision=0)
    assert refused.open().form.answers["verdict"] == "accept"
    review.set_case_model(refused.workplace, refused.case_id, first.digest)
    opened = refused.open()
    assert opened.headline is not None and opened.headline.tone == "refused"
    assert opened.form.answers == {"confidence": "2"}
    assert opened.revisions[0].lines[-1].startswith("Prediction: none")


@pytest.mark.parametrize(
    ("support", "sentences"),
    [
        (OUTSIDE, ["Distance 4.50, its limit is 1.75."]),
        (
            replace(OUTSIDE, distance=1.0, reasons=("modality US; this model takes CR, DX",)),
            ["Modality US; this model takes CR, DX.", "Distance 1.00, its limit is 1.75."],
        ),
        (
            Support("outside", reasons=("a colour image; this model takes grey images",)),
            ["A colour image; this model takes grey images."],
        ),
    ],
)
def test_the_distance_is_said_once_whatever_the_reason_is(
    support: Support, sentences: list[str]
) -> None:
    assert reasons(support) == sentences
