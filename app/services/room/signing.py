"""What comes back from the room: entries that are kept, signed, or discarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.annotations import (
    LONGEST_TEXT,
    Annotation,
    MoreSaid,
    PrototypeJudgement,
    Verdict,
)
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.domain.room.drafts import Draft, Entries
from app.domain.text import local_time
from app.services import review
from app.services.interventions import asking
from app.services.workplace import Workplace

_PARTS = ("answers", "judgements", "marks", "active_seconds")
_SIMILAR = {"yes": True, "no": False, None: None}


@needs("sign")
def keep(
    workplace: Workplace,
    case_id: str,
    entries: Mapping[str, Any],
    *,
    frame: int,
    revision: int,
    study: str = "",
) -> str:
    """Keep what was entered so far in the place of this reader's earlier draft.

    Args:
        workplace: its reader's.
        case_id: of the image.
        entries: answers, judgements, marks, active_seconds.
        frame: of the image.
        revision: the newest revision that the reader had seen.
        study: of which it is; empty in free review.

    Returns:
        When it was kept, local time.

    Raises:
        NotFound: the case was deleted.
        Refused: it is too large, or no such entries.
    """
    Entries.of(entries).shapes()
    draft = Draft(
        case_id=case_id,
        frame=frame,
        reader=workplace.reader,
        revision=revision,
        content={name: entries[name] for name in _PARTS if name in entries},
        saved_at=workplace.clock(),
        study=study,
    )
    with workplace.store.write() as tx:
        tx.cases.get(case_id).check_frame(frame)
        tx.drafts.save(draft)
    return local_time(draft.saved_at)


@needs("sign")
def discard(workplace: Workplace, case_id: str, *, frame: int, study: str = "") -> None:
    """Forget this reader's draft of a frame.

    Raises:
        NotFound: the case was deleted, or has no such frame.
    """
    with workplace.store.write() as tx:
        tx.cases.get(case_id).check_frame(frame)
        tx.drafts.remove(case_id, frame=frame, reader=workplace.reader, study=study)


@needs("sign")
def sign(
    workplace: Workplace, case_id: str, entries: Mapping[str, Any], *, frame: int, revision: int
) -> Annotation:
    """Sign what the room's form holds; see :func:`app.services.review.signing.sign`.

    Raises:
        Conflict: another revision came in between; nothing was written, the draft stays.
        Refused: an answer is missing or contradicts another; the sentence says which.
    """
    entered = Entries.of(entries)
    answers = entered.answers
    verdict, confidence = answers.get("verdict"), answers.get("confidence")
    missing = _missing(verdict, confidence)
    if missing:
        raise Refused(missing)
    return review.sign(
        workplace,
        case_id,
        frame=frame,
        verdict=_verdict(verdict),
        confidence=entered.confidence,
        corrected_label=None if verdict == "accept" else _text(answers, "label") or None,
        text=_text(answers, "text"),
        prototype_judgements=judgements_of(entered),
        more=more_of(entered, asking.tried(workplace, case_id, frame=frame)),
        expected_revision=revision,
    )


def _missing(verdict: object, confidence: object) -> str:
    if verdict and confidence:
        return ""
    if not verdict and not confidence:
        return "Say whether the label is right, and how sure you are. Then sign."
    if verdict:
        return "Say how sure you are, then sign."
    return "Say whether the label is right, then sign."


def _verdict(value: object) -> Verdict:
    return str(value)  # type: ignore[return-value]  # the domain refuses what is none


def _text(answers: Mapping[str, Any], name: str) -> str:
    value = answers.get(name) or ""
    if not isinstance(value, str):
        raise Refused("An answer is no text. Reload the page, then sign again.")
    return value[: LONGEST_TEXT + 1]


def judgements_of(entered: Entries) -> dict[str, PrototypeJudgement]:
    """What was said of prototypes, by their ids."""
    found = {}
    for name, entry in entered.judgements.items():
        similar = entry.get("similar") if isinstance(entry, Mapping) else 0
        if not isinstance(similar, str | None) or similar not in _SIMILAR:
            raise Refused("A judgement cannot be read. Reload the page, then judge again.")
        usefulness = entry.get("usefulness") or None
        found[str(name)] = PrototypeJudgement(
            similar=_SIMILAR[similar],
            usefulness=usefulness,
            artefact=(entry.get("artefact") or None) if usefulness == "artefact" else None,
        )
    return found


def more_of(entered: Entries, tried: Sequence[Mapping[str, Any]]) -> MoreSaid:
    """What was said beside the verdict, and what was tried before."""
    answers = entered.answers
    region = answers.get("region") or None
    return MoreSaid(
        reason=answers.get("reason") or None,
        region=region,
        judged_map=_text(answers, "judged_map")[:250] if region else "",
        marks=entered.shapes(),
        tried=tuple(tried),
        active_seconds=entered.active_seconds,
    )
