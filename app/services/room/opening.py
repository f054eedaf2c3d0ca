"""The room's sheet of one frame: everything that it shows, made at once."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.cases import Sheet
from app.domain.errors import NotFound
from app.domain.permissions import needs
from app.domain.room.drafts import Draft
from app.domain.room.sheet import EvidenceCard, Form, RoomSheet
from app.domain.studies.reads import FREE
from app.services import review
from app.services.room import blind, evidence, map_offers, percentiles, refusal
from app.services.room.facts import facts
from app.services.room.form import form, revision_notes
from app.services.room.headline import headline
from app.services.room.second_read import second_form
from app.services.studies import blinding, reading
from app.services.tables import row_values
from app.services.trust import stopping
from app.services.workplace import Workplace


@needs("see cases")
def open_room(
    workplace: Workplace,
    case_id: str,
    *,
    frame: int = 0,
    study: str = FREE,
    anyway: bool = False,
) -> RoomSheet:
    """All that the reading room shows of one frame.

    Args:
        workplace: where, and for whom.
        case_id: of the image.
        frame: counted from 0.
        study: id of the reader study; empty in free review.
        anyway: show what the network computed of an image that the model refused.

    Raises:
        NotFound: the case was deleted, or has no such frame, or is not this reader's in the study.
    """
    stage = reading.stage(workplace, case_id, frame=frame, study=study)
    with workplace.store.read() as tx:
        is_blind = stage == "blind" or blinding.is_blind(workplace, tx, case_id, frame=frame)
    if is_blind:
        return blind.blind_sheet(workplace, case_id, frame=frame, study=study, stage=stage)
    sheet = review.open_case(workplace, case_id, frame=frame)
    with workplace.store.read() as tx:
        draft = tx.drafts.get(case_id, frame=frame, reader=workplace.reader, study=study)
    hides = sheet.is_refused and not anyway
    known = percentiles.of_model(workplace, sheet.model) if sheet.model else {}
    row = row_values.read_row(workplace, sheet.case, sheet.model)
    shown = () if hides else evidence.cards(sheet, known, row)
    return RoomSheet(
        case_id=case_id,
        frame=frame,
        frames=sheet.case.facts.frames,
        stage=stage,
        study=study,
        facts=facts(workplace, sheet, shows_models=study == FREE),
        pixels=_pixels(sheet),
        form=_form(workplace, sheet, draft, frame, study),
        headline=headline(
            sheet,
            note_on_classes=_note_on_classes(workplace, sheet),
            stopped=_stopped(workplace, sheet),
        ),
        waterfall=evidence.steps(sheet, shown),
        cards=shown,
        evidence_note="" if hides else _evidence_note(sheet, shown),
        maps=()
        if hides
        else row_values.with_shares(workplace, sheet, map_offers.offers(sheet), row),
        map_actions=() if hides else map_offers.requests(sheet),
        work=() if hides else map_offers.work(sheet),
        revisions=revision_notes(sheet) if study == FREE else (),
        hides_network=hides,
        anyway="" if not sheet.is_refused else refusal.SHOW if hides else refusal.HIDE,
        kind=sheet.noun.one,
        values=row.values() if row else (),
    )


def _pixels(sheet: Sheet) -> str:
    """Of a row the address names the model that makes its picture, so that a browser which has
    that of another asks again."""
    address = f"/api/pixels/{sheet.case.case_id}/{{frame}}"
    return f"{address}?model={sheet.model}" if sheet.case.facts.is_row else address


def _form(workplace: Workplace, sheet: Sheet, draft: Draft | None, frame: int, study: str) -> Form:
    if study == FREE:
        first = reading.first_read(workplace, sheet.case.case_id, frame=frame)
        return form(sheet, draft, workplace.actor, first=first)
    read = reading.study_read(workplace, sheet.case.case_id, frame=frame, study=study)
    protocol, may_sign = blind.protocol_of(workplace, study), workplace.actor.may("sign")
    return second_form(sheet, draft, read, protocol, may_sign=may_sign)


def _evidence_note(sheet: Sheet, shown: Sequence[EvidenceCard]) -> str:
    return sheet.noun.say(refusal.CAUTION) if sheet.is_refused else evidence.note(sheet, shown)


def _stopped(workplace: Workplace, sheet: Sheet) -> str:
    stop = stopping.stop_of(workplace, sheet.model) if sheet.model else None
    return stop.text if stop else ""


def _note_on_classes(workplace: Workplace, sheet: Sheet) -> str:
    try:
        return workplace.models.get(sheet.model).note_on_classes if sheet.model else ""
    except NotFound:
        return ""
