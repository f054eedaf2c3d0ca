"""What a draft takes."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.errors import Refused
from app.domain.room.drafts import LARGEST, MOST_SECONDS, Draft, active_seconds
from tests.app.store.databases import NOW


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
    assert active_seconds({"active_seconds": seconds}) == noted
    assert active_seconds({}) is None
