"""What only the report says; all other words are those of the reading room."""

from __future__ import annotations

from datetime import UTC, datetime

from app.domain.annotations import Annotation, PrototypeJudgement

NO_PREDICTION = "There is no prediction of this {image}."
NO_HEATMAP = "No heatmap was made of this {image}."
NOBODY_SIGNED = "Nobody has signed a verdict on this {image}."


def judgement_text(judgement: PrototypeJudgement) -> str:
    """not similar, artefact (text)."""
    similar = {True: "similar", False: "not similar", None: ""}[judgement.similar]
    useful: str = judgement.usefulness or ""
    if judgement.artefact:
        useful = f"{useful} ({judgement.artefact})"
    return ", ".join(text for text in (similar, useful) if text)


def judged_text(revision: Annotation) -> str:
    """What a revision says of each prototype; empty where of none."""
    return "; ".join(
        f"{name}: {judgement_text(judgement)}"
        for name, judgement in revision.prototype_judgements.items()
    )


def time_text(moment: datetime) -> str:
    """In UTC, so that the report is the same wherever it is made."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
