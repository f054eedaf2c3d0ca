"""How far it got, in one sentence."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.services.sending.words import state_text
from tests.app.store.sending.test_outbox import ROW


@pytest.fixture(autouse=True)
def at_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            {"state": "sent", "sent_at": datetime(2026, 11, 7, 14, 2, tzinfo=UTC)},
            "Sent to main, 7 Nov 2026 14:02.",
        ),
        ({"state": "sending"}, "Being sent to main."),
        ({"state": "waiting"}, "Waiting for main, to be sent soon."),
        (
            {"state": "waiting", "wait": 170.0, "reason": "It is away."},
            "Waiting for main, next try in 3 min. It is away.",
        ),
        ({"state": "waiting", "wait": 29.2}, "Waiting for main, next try in 30 s."),
        ({"state": "waiting", "wait": 7300.0}, "Waiting for main, next try in 2 h."),
        ({"state": "refused", "reason": "No."}, "Not sent to main: refused. No."),
        ({"state": "failed", "reason": "No."}, "Not sent to main: failed. No."),
        ({"state": "cancelled"}, "Not sent to main: cancelled."),
    ],
)
def test_it_says_where_to_and_how_far(row: dict[str, Any], text: str) -> None:
    assert state_text(replace(ROW, **row)) == text
