"""A protocol is data that is checked once, with sentences."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.errors import Refused
from app.domain.studies.protocol import Protocol, Question, protocol_from_json

WHOLE: dict[str, Any] = {
    "title": "A study",
    "labels": ("none", "finding"),
    "negative_label": "none",
}
QUESTION = Question("seen", "Seen before?", options=("yes", "no"))


def test_a_protocol_comes_back_from_json_with_the_same_digest() -> None:
    protocol = Protocol(
        **WHOLE,
        questions=(QUESTION, Question("why", "Why?", kind="text", required=False, part="second")),
        repeated=0.25,
        seed=None,
        washout_days=28,
        adjudication="always",
    )
    again = protocol_from_json(protocol.to_json())
    assert again == protocol and again.digest == protocol.digest
    assert Protocol(**WHOLE).digest != protocol.digest


def test_what_is_left_out_has_its_usual_value() -> None:
    schema = Protocol(**WHOLE).to_json()["schema"]
    short = {"schema": schema, **WHOLE, "labels": ["none", "finding"]}
    assert protocol_from_json(short) == Protocol(**WHOLE)


@pytest.mark.parametrize(
    ("arms", "is_blind", "shows_ai"),
    [
        (("sequential",), True, True),
        (("alone",), True, False),
        (("with AI",), False, True),
        (("alone", "with AI"), True, True),
    ],
)
def test_the_arms_say_what_is_hidden_and_shown(arms: Any, is_blind: bool, shows_ai: bool) -> None:
    protocol = Protocol(**WHOLE, arms=arms)
    assert (protocol.is_blind, protocol.shows_ai) == (is_blind, shows_ai)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"title": " "}, "The title has no text"),
        ({"labels": ("none",)}, "no list of 2 to 100 texts"),
        ({"labels": ("none", "none")}, "one thing twice"),
        ({"negative_label": "well"}, "none of the labels"),
        ({"confidence": ("a", "b")}, "no list of 5 texts"),
        ({"marks": "perhaps"}, "Choose one of: no, asked, required"),
        ({"arms": ("with AI", "alone")}, "none that a study has"),
        ({"arms": "alone"}, "none that a study has"),
        ({"seed": 1.5}, "seed"),
        ({"reads_per_case": -1}, "reads_per_case"),
        ({"washout_days": True}, "washout_days"),
        ({"repeated": 1.5}, "repeated"),
        ({"repeated": "all"}, "repeated"),
        ({"adjudication": "sometimes"}, "rule of adjudication"),
        ({"adjudicator_sees_ai": "yes"}, "neither true nor false"),
        ({"questions": (QUESTION, QUESTION)}, "Two questions have the code"),
        ({"questions": (QUESTION,), "arms": ("with AI",)}, "Change its part"),
    ],
)
def test_a_protocol_that_contradicts_itself_is_refused(changed: dict, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Protocol(**WHOLE | changed)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"code": "Seen"}, "no code"),
        ({"text": ""}, "no text"),
        ({"kind": "drawing"}, "kind of question"),
        ({"kind": "text"}, "has options"),
        ({"options": ("yes",)}, "2 to 50 texts"),
        ({"part": "third"}, "part of question"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(given: dict, sentence: str) -> None:
    whole = {"code": "seen", "text": "Seen?", "options": ("yes", "no")}
    with pytest.raises(Refused, match=sentence):
        Question(**whole | given)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "not a JSON object"),
        ({"schema": "other"}, "its schema is not"),
        ({"blinding": True}, "has no “blinding”"),
        ({"labels": None}, "no list of 2"),
        ({"questions": {}}, "no list"),
        ({"questions": ["seen"]}, "no JSON object"),
        ({"questions": [{"code": "seen"}]}, "no code or no text"),
        (
            {"questions": [{"code": "seen", "text": "?", "options": ["a", "b"], "required": 1}]},
            "nei",
        ),
        ({"questions": [{"code": "seen", "text": "?", "asked": True}]}, "question has no “asked”"),
    ],
)
def test_json_that_is_no_protocol_is_refused_with_what_is_wrong(
    document: Any, sentence: str
) -> None:
    whole = Protocol(**WHOLE).to_json()
    with pytest.raises(Refused, match=sentence):
        protocol_from_json(whole | document if isinstance(document, dict) else document)
    missing = {name: value for name, value in whole.items() if name != "title"}
    with pytest.raises(Refused, match="no “title”"):
        protocol_from_json(missing)


def test_answers_are_checked_and_those_of_the_other_part_are_not_asked() -> None:
    protocol = Protocol(
        **WHOLE,
        questions=(
            QUESTION,
            Question("sure", "Sure?", kind="scale", options=("no", "so-so", "yes"), part="second"),
            Question("why", "Why?", kind="text", required=False),
        ),
    )
    assert protocol.check_answers({"seen": "no", "why": " x "}, "first") == {
        "seen": "no",
        "why": "x",
    }
    assert protocol.check_answers({"sure": 3}, "second") == {"sure": 3}
    for part, answers in (
        ("first", {"seen": "maybe"}),
        ("first", {}),
        ("second", {"sure": 4}),
        ("second", {"sure": True}),
        ("second", {"sure": 1, "seen": "no"}),
        ("first", {"seen": "no", "why": "x" * 2001}),
    ):
        with pytest.raises(Refused):
            protocol.check_answers(answers, part)  # type: ignore[arg-type]
