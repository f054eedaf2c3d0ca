"""What a reader has entered and not signed yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.errors import Refused
from app.domain.marks import Mark, marks_from_json

LARGEST = 200_000  # bytes of a draft as JSON
MOST_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Entries:
    """What the room's form holds, as the browser sends it and a draft keeps it."""

    answers: dict[str, Any] = field(default_factory=dict)
    judgements: dict[str, Any] = field(default_factory=dict)
    """Of prototypes, by their ids."""
    marks: Any = None
    """Shapes as JSON, yet to be checked; None where nothing was said of them, empty where all were
    removed."""
    active_seconds: float | None = None
    """How long the reader worked, in [0, a day]; None where it is not said."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Entries:
        """Each part where it is one; what is none counts as not said."""
        answers, judgements = content.get("answers"), content.get("judgements")
        return cls(
            dict(answers) if isinstance(answers, Mapping) else {},
            dict(judgements) if isinstance(judgements, Mapping) else {},
            content.get("marks"),
            _seconds(content.get("active_seconds")),
        )

    @property
    def confidence(self) -> int:
        """How sure the reader is, 1 to 5; 0 where it is none of these."""
        text = str(self.answers.get("confidence"))
        return int(text) if text in ("1", "2", "3", "4", "5") else 0

    def shapes(self) -> tuple[Mark, ...]:
        """What was drawn.

        Raises:
            Refused: it is no list of shapes, or a shape contradicts itself.
        """
        return marks_from_json(() if self.marks is None else self.marks)

    def drawn(self, before: Iterable[Mark] = ()) -> tuple[dict[str, Any], ...]:
        """The shapes as JSON, or where nothing was said of them those that were there before."""
        return tuple(self.marks if self.marks is not None else [mark.to_json() for mark in before])


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return float(min(max(value, 0), MOST_SECONDS))


@dataclass(frozen=True)
class Draft:
    """One reader's entries on one frame; a newer one replaces it."""

    case_id: str
    frame: int
    reader: str
    revision: int
    """The newest revision that the reader had seen when the draft began; 0 for none."""
    content: Mapping[str, Any]
    """As the room keeps it, see :class:`Entries`."""
    saved_at: datetime
    study: str = ""
    """Of the reader study; empty for free review."""

    def __post_init__(self) -> None:
        if len(json.dumps(dict(self.content))) > LARGEST:
            raise Refused(
                "Your entries are too large to be kept as a draft. Shorten the text or remove "
                "shapes, then sign."
            )

    @property
    def entries(self) -> Entries:
        """What it holds."""
        return Entries.of(self.content)
