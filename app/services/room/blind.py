"""The first read: what a reader is asked before anything of the model is shown, and its lock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.bundles import BundleInfo
from app.domain.cases import Case, Sheet
from app.domain.errors import NotFound, Refused
from app.domain.noun import Kind
from app.domain.permissions import needs, within
from app.domain.room.drafts import Draft, Entries
from app.domain.room.sheet import Choice, Form, Question, RoomSheet
from app.domain.studies import protocol as protocols
from app.domain.studies.protocol import Part, Protocol
from app.domain.studies.reads import FREE, FirstRead, Stage
from app.domain.text import local_time
from app.services.room.facts import facts
from app.services.studies import managing, reading
from app.services.tables.row_values import read_row
from app.services.workplace import Workplace

NOTHING = "nothing"
ASKED = "q-"
"""Before the code of a protocol's question."""
LOCKED = "Your read is locked. What the model says stays hidden while this study is open."


@within
def blind_sheet(
    workplace: Workplace, case_id: str, *, frame: int, study: str, stage: Stage
) -> RoomSheet:
    """The room before the reader's own read is locked, and of a study that never shows the model:
    the image, the questions, and nothing that a model said."""
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        draft = tx.drafts.get(case_id, frame=frame, reader=workplace.reader, study=study)
        beside = tx.case_list.study(case_id, workplace.clock()) if study == FREE else ()
    protocol = protocol_of(workplace, study)
    bare = Sheet(
        case=case,
        frame=frame,
        model=case.model,
        model_name="",
        classes=(),
        prediction=None,
        matches=(),
        maps=(),
        annotation=None,
        revisions=(),
        jobs=(),
        study=beside,
    )
    first = reading.first_read(workplace, case_id, frame=frame, study=study)
    labels = protocol.labels if protocol else _classes(workplace, case)
    row = read_row(workplace, case, case.model)
    return RoomSheet(
        case_id=case_id,
        frame=frame,
        frames=case.facts.frames,
        stage=stage,
        study=study,
        facts=facts(workplace, bare, shows_models=False),
        pixels=f"/api/pixels/{case_id}/{{frame}}",
        form=_form(workplace, labels, protocol, draft, first, case.facts.noun.one),
        kind=case.facts.noun.one,
        values=row.values() if row else (),
    )


@within
def protocol_of(workplace: Workplace, study: str) -> Protocol | None:
    """The study's protocol; None in free review."""
    return managing.study(workplace, study).protocol if study != FREE else None


def _classes(workplace: Workplace, case: Case) -> tuple[str, ...]:
    try:
        info: BundleInfo | None = workplace.models.get(case.model) if case.model else None
    except NotFound:
        info = None
    return info.classes if info else ()


def _form(
    workplace: Workplace,
    labels: tuple[str, ...],
    protocol: Protocol | None,
    draft: Draft | None,
    first: FirstRead | None,
    kind: Kind,
) -> Form:
    entered = draft.entries if draft and first is None else Entries()
    return Form(
        questions=questions(labels, protocol, kind),
        judgement=(),
        answers=entered.answers if first is None else _said(first),
        judgements={},
        marks=entered.drawn(first.marks if first else ()),
        revision=0,
        button="Lock my read" if first is None else "Locked",
        note=LOCKED if first else "",
        may_sign=first is None and workplace.actor.may("sign"),
        draft_saved_at=local_time(draft.saved_at) if draft and first is None else "",
        active_seconds=entered.active_seconds or 0.0,
    )


def _said(first: FirstRead) -> dict[str, Any]:
    said: dict[str, Any] = {"label": first.label, "confidence": str(first.confidence)}
    if first.nothing_to_mark:
        said["marks"] = NOTHING
    return said | {f"{ASKED}{code}": str(answer) for code, answer in first.answers.items()}


def questions(
    labels: tuple[str, ...], protocol: Protocol | None, kind: Kind = "image"
) -> tuple[Question, ...]:
    """What it shows, how sure, where, and what the protocol asks besides; nobody draws on a row of
    a table, so that "where" is not asked of it."""
    words = protocol.confidence if protocol else protocols.CONFIDENCE
    found = [
        Question(
            "label",
            "What does it show?",
            "choice" if protocol else "label",
            tuple(Choice(name, name) for name in labels),
            hint="Choose one or write another.",
        ),
        Question(
            "confidence",
            "How sure are you?",
            "choice",
            tuple(
                Choice(str(n), f"{n} {word}", "", f"confidence-{n}")
                for n, word in enumerate(words, 1)
            ),
        ),
    ]
    if kind == "image" and (protocol is None or protocol.marks != "no"):
        found.append(
            Question(
                "marks",
                "Where? Draw a box or an outline, or",
                "choice",
                (Choice(NOTHING, "Nothing to mark", "", "nothing-to-mark"),),
            )
        )
    return (*found, *asked(protocol, "first"))


def asked(protocol: Protocol | None, part: Part) -> tuple[Question, ...]:
    """The protocol's own questions of one part of the read."""
    if protocol is None:
        return ()
    return tuple(
        Question(
            f"{ASKED}{one.code}",
            one.text if one.required else f"{one.text} (may be left open)",
            "text" if one.kind == "text" else "choice",
            tuple(
                Choice(str(n) if one.kind == "scale" else option, option)
                for n, option in enumerate(one.options, 1)
            ),
        )
        for one in protocol.questions
        if one.part == part
    )


def answers_to(
    protocol: Protocol | None, answers: Mapping[str, Any], part: Part
) -> dict[str, object]:
    """What was answered to the protocol's own questions, by their codes."""
    if protocol is None:
        return {}
    given: dict[str, object] = {}
    for one in protocol.questions:
        value = answers.get(f"{ASKED}{one.code}")
        if one.part != part or value in (None, ""):
            continue
        is_step = one.kind == "scale" and isinstance(value, str) and value.isdecimal()
        given[one.code] = int(value) if is_step else value
    return given


@needs("sign")
def lock(
    workplace: Workplace, case_id: str, entries: Mapping[str, Any], *, frame: int, study: str
) -> FirstRead:
    """Lock the first read as the room's form holds it; see :func:`reading.lock`.

    Raises:
        Refused: an answer is missing or contradicts another; the sentence says which.
    """
    entered = Entries.of(entries)
    answers = entered.answers
    if not answers.get("confidence"):
        raise Refused("Say what it shows, and how sure you are. Then lock your read.")
    label = answers.get("label") or ""
    if not isinstance(label, str):
        raise Refused("The label is no text. Reload the page, then lock again.")
    protocol = protocol_of(workplace, study)
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
    first = reading.lock(
        workplace,
        case_id,
        frame=frame,
        study=study,
        label=label,
        confidence=entered.confidence,
        marks=entered.shapes(),
        nothing_to_mark=answers.get("marks") == NOTHING or case.facts.is_row,
        answers=answers_to(protocol, answers, "first"),
        active_seconds=entered.active_seconds or 0.0,
    )
    with workplace.store.write() as tx:
        tx.drafts.remove(case_id, frame=frame, reader=workplace.reader, study=study)
    return first
