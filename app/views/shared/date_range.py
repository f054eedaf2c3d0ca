"""What a field for two days means as two moments."""

from __future__ import annotations

from datetime import datetime, time, timedelta


def date_range(days: object) -> tuple[datetime | None, datetime | None]:
    """Whole days in this machine's time zone; the last day is included."""
    chosen = list(days) if isinstance(days, tuple | list) else []
    first = datetime.combine(chosen[0], time.min).astimezone() if chosen else None
    last = chosen[1] if len(chosen) > 1 else None
    until = datetime.combine(last + timedelta(days=1), time.min).astimezone() if last else None
    return first, until
