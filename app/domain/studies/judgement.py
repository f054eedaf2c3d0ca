"""What a reader says with the model's answer in sight: is the label right, is the reason right?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.annotations import (
    LONGEST_TEXT,
    REASONS,
    REGIONS,
    PrototypeJudgement,
    Reason,
    Region,
    Verdict,
)
from app.domain.errors import Refused
from app.domain.marks import Mark, marks_from_json
from app.domain.studies.protocol import Answers

LONGEST_READ = 24 * 3600.0  # seconds
MOST_TRIED = 200  # interventions that are kept with a read
LONGEST_TRIED = 200_000  # characters of JSON


@dataclass(frozen=True)
class Judgement:
    """What a reader says with the model's answer in sight."""

    verdict: Verdict
    """Is the label right?"""
    confidence: int
    """In the label that the reader leaves with, 1 to 5."""
    reason: Reason | None = None
    region: Region | None = None
    corrected_label: str | None = None
    text: str = ""
    prototype_judgements: Mapping[str, PrototypeJudgement] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    tried: tuple[Mapping[str, Any], ...] = ()
    """Interventions, in order, as the page describes them in JSON."""
    answers: Answers = field(default_factory=dict)
    active_seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.reason is not None and self.reason not in REASONS:
            raise Refused(
                f"“{self.reason}” says nothing of a reason. Choose: {', '.join(REASONS)}."
            )
        if self.region is not None and self.region not in REGIONS:
            raise Refused(f"“{self.region}” says nothing of a place. Choose: {', '.join(REGIONS)}.")
        _check_tried(self.tried)
        if len(self.text) > LONGEST_TEXT:
            raise Refused(
                f"The text is {len(self.text)} characters long; {LONGEST_TEXT} fit. Shorten it."
            )
        check_confidence(self.confidence)
        check_seconds(self.active_seconds)


def judgement_from_json(document: object) -> Judgement:
    """What a browser sent.

    Args:
        document: the fields of :class:`Judgement` by name; those that are left out are empty.

    Raises:
        Refused: it is none, or contradicts itself.
    """
    if not isinstance(document, Mapping) or not {"verdict", "confidence"} <= set(document):
        raise Refused("This is no judgement: verdict or confidence is missing. Reload the page.")
    try:
        judgements = {
            str(name): PrototypeJudgement(**one)
            for name, one in dict(document.get("prototype_judgements") or {}).items()
        }
        answers = dict(document.get("answers") or {})
        tried = tuple(document.get("tried") or ())
        texts = {
            name: document.get(name)
            for name in ("verdict", "reason", "region", "corrected_label", "text")
        }
        if not all(one is None or isinstance(one, str) for one in texts.values()):
            raise TypeError
    except (TypeError, ValueError):
        raise Refused("This is no judgement. Reload the page, then sign again.") from None
    return Judgement(
        verdict=texts["verdict"],  # type: ignore[arg-type]
        confidence=document["confidence"],
        reason=texts["reason"] or None,
        region=texts["region"] or None,
        corrected_label=(texts["corrected_label"] or "").strip() or None,
        text=(texts["text"] or "").strip(),
        prototype_judgements={name: one for name, one in judgements.items() if not one.is_empty},
        marks=marks_from_json(document.get("marks") or []),
        tried=tried,
        answers=answers,
        active_seconds=document.get("active_seconds", 0.0),
    )


def check_confidence(confidence: object) -> None:
    """Raise Refused unless it is a whole number from 1 to 5."""
    if type(confidence) is not int or not 1 <= confidence <= 5:
        raise Refused("The confidence is not between 1 and 5. Choose one of the five.")


def check_seconds(seconds: object) -> None:
    """Raise Refused unless it is a time that a read can take."""
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds <= LONGEST_READ
    ):
        raise Refused("The time that this read took is none. Reload the page, then try again.")


def _check_tried(tried: Sequence[object]) -> None:
    try:
        if not all(isinstance(one, Mapping) for one in tried):
            raise TypeError
        size = len(json.dumps(list(tried), allow_nan=False))
    except (TypeError, ValueError):
        raise Refused("What was tried here is no list of facts. Reload the page.") from None
    if len(tried) > MOST_TRIED or size > LONGEST_TRIED:
        raise Refused(
            f"More than {MOST_TRIED} interventions, or {LONGEST_TRIED} bytes of them, were tried "
            "here. Remove some, then sign."
        )


def label_in_the_end(judgement: Judgement, *, predicted: str | None, own: str | None) -> str:
    """The label that a reader leaves a case with.

    The corrected label goes first; who accepts the prediction takes its label; else the reader's
    own first label stands.

    Args:
        judgement: what was said with the prediction in sight.
        predicted: its label.
        own: what the reader said before; None or empty where that was nothing.

    Raises:
        Refused: none of them is there.
    """
    if judgement.corrected_label:
        return judgement.corrected_label
    if judgement.verdict == "accept" and predicted:
        return predicted
    if own and (own != predicted or judgement.verdict != "reject"):
        return own
    raise Refused("Say which label is right: choose the corrected label, then sign.")
