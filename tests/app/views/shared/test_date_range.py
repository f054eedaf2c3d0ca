from __future__ import annotations

from datetime import date, timedelta

from app.views.shared.date_range import date_range


def test_the_last_day_is_included() -> None:
    first, until = date_range((date(2026, 3, 1), date(2026, 3, 2)))
    assert first is not None and until is not None
    assert (first.date(), until.date()) == (date(2026, 3, 1), date(2026, 3, 3))
    assert first.tzinfo is not None and until - first == timedelta(days=2)


def test_one_day_alone_is_a_beginning_and_none_is_nothing() -> None:
    first, until = date_range((date(2026, 3, 1),))
    assert first is not None and until is None
    assert date_range(()) == date_range(None) == (None, None)
