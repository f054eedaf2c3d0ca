"""What a key does, and a reader's own keys."""

from __future__ import annotations

import pytest

from app.domain.errors import Refused
from app.services.room import blind
from app.services.room.form import JUDGEMENT
from app.services.room.keys import (
    IMAGE,
    KEYS,
    LONGEST_KEY,
    MOST_KEYS,
    VERDICT,
    Key,
    checked,
    with_tools,
)
from tests.app.services.room.conftest import Room


def test_no_two_things_share_a_key_or_a_name() -> None:
    assert len({key.key for key in KEYS}) == len(KEYS) == len({key.id for key in KEYS})


def test_every_key_of_the_verdict_is_that_of_an_answer_and_every_answers_key_is_there(
    read: Room,
) -> None:
    asked = (*read.open().form.questions, *JUDGEMENT, *blind.questions((), None))
    named = {choice.key for question in asked for choice in question.choices if choice.key}
    verdict = {key.id for key in KEYS if key.group == VERDICT}
    assert verdict - {"remarks", "sign"} == named


def test_a_tool_of_the_image_goes_without_a_key_that_the_room_needs() -> None:
    tools = [Key("invert", "i", "Invert", IMAGE), Key("angle", "a", "Angle", IMAGE)]
    both = with_tools([*tools, Key("box", "q", "Another box", IMAGE)])
    assert both[: len(KEYS)] == KEYS
    assert [(key.id, key.key) for key in both[len(KEYS) :]] == [("invert", "i"), ("angle", "")]


def test_a_readers_own_keys_are_kept_as_they_were_sent() -> None:
    own = {"accept": "q", "sign": "Ctrl+Enter", "confidence-1": ""}
    assert checked(own) == own


@pytest.mark.parametrize(
    "keys",
    [
        None,
        ["a"],
        {"accept": 1},
        {"accept": None},
        {"Accept it": "a"},
        {"": "a"},
        {"accept": "x" * (LONGEST_KEY + 1)},
        {f"name-{n}": "a" for n in range(MOST_KEYS + 1)},
    ],
)
def test_what_is_no_key_is_refused(keys: object) -> None:
    with pytest.raises(Refused, match="These are no keys"):
        checked(keys)
