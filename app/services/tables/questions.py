"""What a reader is asked of a row of a table, where that is not what is asked of an image."""

from __future__ import annotations

from app.domain.room.sheet import Choice, Question

REASONS = (
    Choice("right", "Right", "It relies on what speaks for the label in this row.", "reason-right"),
    Choice("partly", "Partly", "Some of what it relies on is right."),
    Choice("wrong", "Wrong", "It relies on something else.", "reason-wrong"),
    Choice("unsure", "Unsure"),
)
REGIONS = (
    Choice("agree", "Agree", "It marks the attributes that count for me."),
    Choice("elsewhere", "Elsewhere", "Other attributes count for me."),
)
JUDGEMENT = (
    Question(
        "similar",
        "Are the two rows alike?",
        "choice",
        (Choice("yes", "Alike"), Choice("no", "Not alike")),
    ),
    Question(
        "usefulness",
        "As evidence it is",
        "choice",
        (
            Choice("useful", "Useful", "Good evidence for this row."),
            Choice("not useful", "Not useful", "It says nothing about this row."),
            Choice("unsure", "Unsure"),
        ),
    ),
)
"""No device, text or border is in a row, so no artefact is asked for."""
