"""What the reader is asked at the foot of the room, and what they have answered so far.

Two questions are kept apart: is the label right, and is the reason right? A model that is right for
the wrong reason is what this program is there to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain.actors import Actor
from app.domain.annotations import (
    ARTEFACTS,
    ON_PREDICTION,
    ON_REFUSAL,
    OTHERS,
    Annotation,
    Verdict,
    may_replace,
)
from app.domain.cases import Sheet
from app.domain.noun import Noun
from app.domain.room.drafts import Draft, Entries
from app.domain.room.sheet import Choice, Form, Question, RevisionNote
from app.domain.studies.reads import FirstRead
from app.domain.text import counted, label_text, local_time
from app.services.tables import questions as of_rows

_VERDICTS: dict[Verdict, tuple[str, str]] = {
    "accept": ("Right", "The label is right."),
    "reject": ("Wrong", "The label is wrong."),
    "supplement": ("Incomplete", "The label is right but incomplete."),
    "rightly refused": ("Rightly refused", "This {image} is not for this model."),
    "wrongly refused": ("Wrongly refused", "The model should have read this {image}."),
}
_KEYS = {
    "accept": "accept",
    "reject": "reject",
    "supplement": "supplement",
    "rightly refused": "accept",
    "wrongly refused": "reject",
}
_REASONS = (
    Choice("right", "Right", "It looks where the finding is, and for what it is.", "reason-right"),
    Choice("partly", "Partly", "Some of what it relies on is right."),
    Choice(
        "wrong",
        "Wrong",
        "It relies on something else: a device, a border, text.",
        "reason-wrong",
    ),
    Choice("unsure", "Unsure"),
)
_REGIONS = (
    Choice("agree", "Agree", "It marks where I see it."),
    Choice("elsewhere", "Elsewhere", "What I see is elsewhere in the body."),
    Choice("outside the body", "Outside the body", "It marks what is no body."),
)
_CONFIDENCE = tuple(
    Choice(str(n), {1: "1 guess", 5: "5 certain"}.get(n, str(n)), "", f"confidence-{n}")
    for n in range(1, 6)
)
_USEFULNESS = (
    Choice("useful", "Useful", "Good evidence for this image."),
    Choice("not useful", "Not useful", "It says nothing about this image."),
    Choice("artefact", "Artefact", "It stands for a device, text, a border or a side marker."),
    Choice("unsure", "Unsure"),
)
JUDGEMENT = (
    Question(
        "similar",
        "Do the marked regions look alike?",
        "choice",
        (Choice("yes", "Alike"), Choice("no", "Not alike")),
    ),
    Question("usefulness", "As evidence it is", "choice", _USEFULNESS),
    Question(
        "artefact",
        "Which artefact?",
        "choice",
        tuple(Choice(name, name.capitalize()) for name in ARTEFACTS),
        only_with=(("usefulness", ("artefact",)),),
    ),
)
"""Asked of the prototypes that are shown; each card says which."""


def judged_by(*, sees_both: bool) -> tuple[str, ...]:
    """The questions about a prototype: whether two regions look alike is for who sees both."""
    return tuple(question.id for question in JUDGEMENT if sees_both or question.id != "similar")


def judgement(sheet: Sheet) -> tuple[Question, ...]:
    """Asked of the prototypes of a sheet; of a refused image nothing is."""
    if sheet.is_refused:
        return ()
    return of_rows.JUDGEMENT if sheet.case.facts.is_row else JUDGEMENT


def questions(sheet: Sheet, labels: Sequence[str] = ()) -> tuple[Question, ...]:
    """Of the prediction, or of the refusal.

    Args:
        sheet: of the image.
        labels: to choose from; those of the model where there are none.
    """
    verdicts = ON_REFUSAL if sheet.is_refused else ON_PREDICTION
    title = "Was it right to refuse?" if sheet.is_refused else "Is the label right?"
    verdict = Question("verdict", title, "choice", tuple(_verdict(v, sheet.noun) for v in verdicts))
    predicted = sheet.prediction.label if sheet.prediction else None
    label = Question(
        "label",
        "What it shows" if sheet.is_refused else "Correct label",
        "label",
        tuple(Choice(name, name) for name in labels or sheet.classes if name != predicted),
        hint="Choose one or write another.",
        only_with=(("verdict", tuple(v for v in verdicts if v != "accept")),),
    )
    confidence = Question("confidence", "How sure are you?", "choice", _CONFIDENCE)
    remarks = Question("text", "Remarks", "text")
    if sheet.is_refused:
        return verdict, label, confidence, remarks
    reads_row = sheet.case.facts.is_row
    return (
        verdict,
        label,
        Question(
            "reason", "Is the reason right?", "choice", of_rows.REASONS if reads_row else _REASONS
        ),
        Question(
            "region", "This heatmap marks it", "choice", of_rows.REGIONS if reads_row else _REGIONS
        ),
        confidence,
        remarks,
    )


def _verdict(verdict: Verdict, noun: Noun) -> Choice:
    title, hint = _VERDICTS[verdict]
    return Choice(verdict, title, noun.say(hint), _KEYS[verdict])


def form(
    sheet: Sheet, draft: Draft | None, actor: Actor, *, first: FirstRead | None = None
) -> Form:
    """The questions, with the answers of the draft, else of the newest revision; what was drawn in
    the reader's first read is there until they sign."""
    latest = sheet.annotation
    revision = latest.revision if latest else 0
    answers, judgements = _signed(sheet)
    entered = draft.entries if draft else Entries()
    drawn = latest.marks if latest else first.marks if first else ()
    seen = revision if draft is None else draft.revision
    may_sign = actor.may("sign") and may_replace(latest, actor)
    return Form(
        questions=questions(sheet),
        judgement=judgement(sheet),
        answers={**answers, **entered.answers},
        judgements={**judgements, **entered.judgements},
        marks=entered.drawn(drawn),
        revision=seen,
        button=f"Sign as revision {revision + 1}" if revision else "Sign",
        note=_note(latest, may_sign, actor, first),
        may_sign=may_sign,
        draft_saved_at=local_time(draft.saved_at) if draft else "",
        newer=_newer(seen, revision),
        active_seconds=entered.active_seconds or 0.0,
    )


def _newer(seen: int, revision: int) -> str:
    if revision <= seen:
        return ""
    is_one = revision == seen + 1
    subject = f"Revision {revision} was" if is_one else f"Revisions up to {revision} were"
    return (
        f"{subject} signed while you were writing. Your entries are kept. Sign them as revision "
        f"{revision + 1}, or discard them."
    )


def _note(latest: Annotation | None, may_sign: bool, actor: Actor, first: FirstRead | None) -> str:
    if not actor.may("sign"):
        return "Your roles do not allow you to sign."
    if not may_sign:
        return OTHERS
    if latest is None:
        return "" if first is None else first_read_text(first)
    return f"Revision {latest.revision}, {local_time(latest.created_at)}, {latest.reader}."


def first_read_text(first: FirstRead) -> str:
    """Your first read: nodule, confidence 4."""
    said = first.label or "nothing to mark"
    return f"Your first read: {said}, confidence {first.confidence}."


def _signed(sheet: Sheet) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The newest revision's answers. Its verdict stays away where it was on a prediction and this
    model refused the image, or the other way round."""
    latest = sheet.annotation
    if latest is None:
        return {}, {}
    fitting = ON_REFUSAL if sheet.is_refused else ON_PREDICTION
    answers = {
        "verdict": latest.verdict if latest.verdict in fitting else None,
        "label": latest.corrected_label,
        "reason": latest.reason,
        "region": latest.region,
        "judged_map": latest.judged_map,
        "confidence": str(latest.confidence),
        "text": latest.text,
    }
    judgements = {
        name: {
            "similar": {True: "yes", False: "no", None: None}[one.similar],
            "usefulness": one.usefulness,
            "artefact": one.artefact,
        }
        for name, one in latest.prototype_judgements.items()
    }
    kept = {name: value for name, value in answers.items() if value}
    return kept, judgements


def revision_notes(sheet: Sheet) -> tuple[RevisionNote, ...]:
    """All revisions of this frame, newest first."""
    return tuple(_revision(sheet, revision) for revision in reversed(sheet.revisions))


def _revision(sheet: Sheet, revision: Annotation) -> RevisionNote:
    title, _ = _VERDICTS[revision.verdict]
    lines = [f"Confidence {revision.confidence}"]
    if revision.corrected_label:
        lines.append(f"Label: {revision.corrected_label}")
    if revision.reason:
        lines.append(f"Reason: {revision.reason}")
    if revision.region:
        lines.append(f"Heatmap of {revision.judged_map}: {revision.region}")
    if revision.text:
        lines.append(revision.text)
    lines.append(_prediction_text(sheet, revision))
    if revision.prototype_judgements:
        concepts = {row.match.prototype for row in sheet.matches if row.match.kind == "concept"}
        kind = "concept" if concepts & set(revision.prototype_judgements) else "prototype"
        lines.append(f"{counted(len(revision.prototype_judgements), kind)} judged.")
    if revision.tried:
        lines.append(f"{counted(len(revision.tried), 'change')} tried before.")
    return RevisionNote(
        f"Revision {revision.revision} · {title}",
        f"{local_time(revision.created_at)} · {revision.reader}",
        tuple(lines),
        tuple(mark.to_json() for mark in revision.marks),
    )


def _prediction_text(sheet: Sheet, revision: Annotation) -> str:
    by = f"{revision.model_name} {revision.model[:8]}"
    if revision.support == "outside":
        return f"Refused by {by}."
    if revision.predicted_label is None or revision.predicted_probability is None:
        return "Signed without a prediction."
    model = sheet if revision.model == sheet.model else None
    label = label_text(revision.predicted_label, revision.predicted_probability, ", ", of=model)
    return f"Prediction: {label}, by {by}."
