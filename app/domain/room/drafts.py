"""What a reader has entered and not signed yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.errors import Refused

LARGEST = 200_000  # bytes of a draft as JSON
MOST_SECONDS = 24 * 3600.0


def active_seconds(entries: Mapping[str, Any]) -> float | None:
    """How long the reader worked, in [0, a day]; None where the entries do not say it."""
    seconds = entries.get("active_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds != seconds:
        return None
    return float(min(max(seconds, 0), MOST_SECONDS))


@dataclass(frozen=True)
class Draft:
    """One reader's entries on one frame; a newer one replaces it."""

    case_id: str
    frame: int
    reader: str
    revision: int
    """The newest revision that the reader had seen when the draft began; 0 for none."""
    content: Mapping[str, Any]
    """As the room keeps it: answers, judgements, marks."""
    saved_at: datetime
    study: str = ""
    """Of the reader study; empty for free review."""

    def __post_init__(self) -> None:
        if len(json.dumps(dict(self.content))) > LARGEST:
            raise Refused(
                "Your entries are too large to be kept as a draft. Shorten the text or remove "
                "shapes, then sign."
            )
