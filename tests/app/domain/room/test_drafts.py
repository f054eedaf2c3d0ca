"""What a draft takes."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.errors import Refused
from app.domain.marks import Mark
from app.domain.room.drafts import LARGEST, MOST_SECONDS, Draft, Entries
from tests.app.store.databases import NOW

BOX = Mark("rectangle", ((1.0, 2.0), (3.0, 4.0)))


def draft(**content: Any) -> Draft:
    return Draft("c1", 0, "Ann", 0, content, NOW)


def test_entries_up_to_the_limit_are_a_draft_and_larger_ones_are_refused() -> None:
    fits = LARGEST - len('{"text": ""}')
    assert draft(text="x" * fits).content["text"]
    with pytest.raises(Refused, match="too large to be kept as a draft"):
        draft(text="x" * (fits + 1))


@pytest.mark.parametrize(
    ("seconds", "noted"),
    [
        (0, 0.0),
        (2.5, 2.5),
        (-1, 0.0),
        (1e9, MOST_SECONDS),
        (float("inf"), MOST_SECONDS),
        (float("nan"), None),
        (False, None),
        (None, None),
        ("2", None),
    ],
)
def test_the_time_lies_within_a_day_or_is_not_known(seconds: object, noted: float | None) -> None:
    assert Entries.of({"active_seconds": seconds}).active_seconds == noted


def test_each_part_of_a_draft_is_given_and_what_is_none_counts_as_not_said() -> None:
    content = {
        "answers": {"verdict": "accept"},
        "judgements": {"p00": {}},
        "marks": [BOX.to_json()],
    }
    said = draft(**content).entries
    assert (said.answers, said.judgements) == (content["answers"], content["judgements"])
    assert said.shapes() == (BOX,)
    for content in ({}, {"answers": None, "judgements": [1], "marks": None}, {"answers": "yes"}):
        assert Entries.of(content) == Entries()
    assert Entries().shapes() == ()


@pytest.mark.parametrize(
    ("said", "confidence"),
    [("1", 1), (5, 5), ("0", 0), ("6", 0), ("", 0), (None, 0), (True, 0), ("²", 0), (1.0, 0)],
)
def test_confidence_is_one_of_five_steps_or_none(said: object, confidence: int) -> None:
    assert Entries.of({"answers": {"confidence": said}}).confidence == confidence
    assert Entries().confidence == 0


@pytest.mark.parametrize("marks", ["none", 3, [1]])
def test_what_is_no_shape_is_refused(marks: object) -> None:
    with pytest.raises(Refused, match="Reload the page, then draw"):
        Entries.of({"marks": marks}).shapes()


def test_shapes_of_before_stand_until_something_is_said_of_them() -> None:
    assert Entries.of({}).drawn([BOX]) == (BOX.to_json(),)
    assert Entries.of({"marks": []}).drawn([BOX]) == (), "all were removed"
