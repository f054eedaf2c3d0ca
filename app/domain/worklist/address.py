"""The filters of the list as parts of an address, so that a list can be kept and passed on.

Days are whole days in this machine's time zone. What an address says that is no filter is left
aside: it may have been typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from app.domain.annotations import VERDICTS
from app.domain.cases import ORDERS, SOURCES, STATUSES, CaseFilters
from app.domain.sending.sending import SEND_STATES
from app.domain.worklist.disagreement import DISAGREEMENTS

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": STATUSES,
    "verdict": VERDICTS,
    "source": SOURCES,
    "disagreement": DISAGREEMENTS,
    "sending": SEND_STATES,
    "order": ORDERS,
}
_TEXTS = ("text", "label", "model", "patient", "modality", "view", "batch", "reader")
_DAYS = ("since", "until")
NAMES: frozenset[str] = frozenset((*_CHOICES, *_TEXTS, *_DAYS))
"""The parts of an address that are filters."""
LONGEST = 200  # characters


def to_address(filters: CaseFilters) -> dict[str, str]:
    """The filters that narrow something, by name."""
    plain = CaseFilters()
    found = {
        name: str(getattr(filters, name))
        for name in (*_CHOICES, *_TEXTS)
        if getattr(filters, name) != getattr(plain, name)
    }
    if filters.since is not None:
        found["since"] = filters.since.astimezone().date().isoformat()
    if filters.until is not None:
        last = filters.until.astimezone() - timedelta(microseconds=1)
        found["until"] = last.date().isoformat()
    return found


def from_address(parts: Mapping[str, str]) -> CaseFilters:
    """The filters that an address names."""
    found: dict[str, Any] = {
        name: parts[name] for name, known in _CHOICES.items() if parts.get(name) in known
    }
    found |= {name: parts[name][:LONGEST] for name in _TEXTS if parts.get(name)}
    since, until = (_day(parts.get(name)) for name in _DAYS)
    if since is not None:
        found["since"] = _begin(since)
    if until is not None:
        found["until"] = _begin(until + timedelta(days=1))
    return CaseFilters(**found)


def _day(said: str | None) -> date | None:
    try:
        day = date.fromisoformat(said or "")
    except ValueError:
        return None
    return day if 1900 <= day.year < 9999 else None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min).astimezone()
