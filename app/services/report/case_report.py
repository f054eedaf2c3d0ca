"""One file that says everything of one image: what was shown, what was said, and their hashes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from app.domain.annotations import Annotation
from app.domain.cases import Case, Sheet, SheetMatch
from app.domain.evidence import SOURCES
from app.domain.permissions import needs
from app.domain.room.sheet import EvidenceCard, RevisionNote, RoomSheet
from app.services import image_data, review
from app.services.audit.recording import record_case
from app.services.report import pdf, pictures, words
from app.services.report.pictures import ShownHeatmap
from app.services.room.opening import open_room
from app.services.room.reliability import MEANING
from app.services.studies import blinding
from app.services.trust.stopping import stop_of
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage

KIND = "application/pdf"
_SQUARE = 22 * pdf.mm
_LABEL = 34 * pdf.mm


@needs("export")
def of_case(
    workplace: Workplace, case_id: str, *, frame: int = 0, map_id: str | None = None
) -> bytes:
    """The report of one frame as a PDF file; the audit records it.

    It holds no time of its own and nobody's name but those of the readers: the same revision, with
    the same heatmap, gives the same bytes.

    Args:
        workplace: where.
        case_id: of the image.
        frame: counted from 0.
        map_id: which heatmap it shows, as the room names it; the best one of the class that is
            offered first when left out.

    Raises:
        NotFound: there is no such case or frame.
        UnreadableImage: the stored file can no longer be decoded.
        Forbidden: this person's own read of the image is still to come.
    """
    with workplace.store.read() as tx:
        blinding.check_shown(workplace, tx, case_id, frame=frame)
    room = open_room(workplace, case_id, frame=frame)
    sheet = review.open_case(workplace, case_id, frame=frame)
    image = image_data.image(workplace, case_id, frame=frame)
    heatmap = pictures.chosen_heatmap(workplace, sheet, room.maps, map_id)
    pdf.use_fonts()
    story = [
        *_head(workplace, sheet, room),
        *_images(sheet, image, heatmap),
        *_prediction(workplace, sheet, room),
        *_prototypes(workplace, sheet, room, image),
        *_verdicts(sheet, room),
        *_hashes(sheet, heatmap),
    ]
    hashed = "values" if sheet.case.facts.is_row else "pixels"
    foot = f"Case {case_id} · {hashed} {sheet.case.pixel_sha256[:16]}"
    made = pdf.built(story, title=f"Report of {sheet.case.file_name}", foot=foot)
    with workplace.store.write() as tx:
        content = hashlib.sha256(made).hexdigest()
        record_case(workplace, tx, "report exported", sheet.case, content=content)
    return made


def file_name(case_id: str, frame: int = 0) -> str:
    """That a browser saves it under."""
    return f"report-{case_id}{f'-frame-{frame + 1}' if frame else ''}.pdf"


def _head(workplace: Workplace, sheet: Sheet, room: RoomSheet) -> list[Flowable]:
    case = sheet.case
    with workplace.store.read() as tx:
        patient = tx.identities.patient_of(case.file_sha256)
    about = [
        f"Patient key {patient}" if patient else "",
        room.facts.line,
        f"frame {sheet.frame + 1} of {room.frames}" if room.frames > 1 else "",
        f"imported {words.time_text(case.created_at)}",
    ]
    return [
        pdf.paragraph(f"Report of one {sheet.noun.one}", pdf.TITLE),
        pdf.paragraph(room.facts.title, pdf.STRONG),
        pdf.paragraph(" · ".join(part for part in about if part), pdf.SMALL),
        Spacer(1, 3 * pdf.mm),
    ]


def _images(sheet: Sheet, image: GrayOrColourImage, heatmap: ShownHeatmap | None) -> list[Flowable]:
    display = pictures.shown(image)
    window = "" if image.is_colour else f" by its window “{image.windows[0].name or 'default'}”"
    cells: list[Flowable] = [pdf.picture(display)]
    titles = [pdf.paragraph(f"{sheet.noun.picture.capitalize()}{window}", pdf.SMALL)]
    under: list[str] = []
    if heatmap is not None:
        over = pdf.picture(pictures.laid_over(display, heatmap.values, heatmap.colours))
        bar = pictures.colour_bar(heatmap.colours)
        cells += [over, pdf.ColourBar(bar, over.drawHeight)]
        titles += [pdf.paragraph(f"Heatmap: {heatmap.offer.title}", pdf.SMALL), pdf.paragraph("")]
        under = [heatmap.offer.warning, f"{heatmap.offer.claim} {MEANING}"]
    elif not sheet.is_refused:
        under = [sheet.noun.say(words.NO_HEATMAP)]
    widths = [pdf.PICTURE[0] + 2 * pdf.mm, pdf.PICTURE[0], pdf.BAR][: len(cells)]
    said = [pdf.paragraph(text) for text in under if text]
    return [pdf.grid([cells, titles], widths), Spacer(1, 1.5 * pdf.mm), *said]


def _prediction(workplace: Workplace, sheet: Sheet, room: RoomSheet) -> list[Flowable]:
    said = room.headline
    has_prediction = said is not None and sheet.prediction is not None
    parts: list[Flowable] = [pdf.paragraph("Prediction", pdf.HEADING)]
    if said is None or not has_prediction:
        return [*parts, pdf.paragraph(sheet.noun.say(words.NO_PREDICTION), pdf.STRONG)]
    parts += [pdf.paragraph(said.sentence, pdf.STRONG)]
    parts += [pdf.paragraph(text) for text in (said.context, *said.cautions) if text]
    name = sheet.model_name or "a model that is no longer installed"
    parts.append(
        pdf.paragraph(f"By {name} {(sheet.model or '')[:8]}. {room.facts.site}", pdf.SMALL)
    )
    stopped = stop_of(workplace, sheet.model or "")
    return [*parts, pdf.paragraph(f"This model is {stopped.text}")] if stopped else parts


def _prototypes(
    workplace: Workplace, sheet: Sheet, room: RoomSheet, image: GrayOrColourImage
) -> list[Flowable]:
    if not room.cards or sheet.is_refused:
        return []
    by_name = {row.match.prototype: row for row in sheet.matches}
    rows = [
        [
            _card(sheet, card),
            *_squares(workplace, sheet, image, by_name[card.id]),
        ]
        for card in room.cards
        if card.id in by_name
    ]
    width = _SQUARE + 2 * pdf.mm
    widths = [pdf.WIDTH - (SOURCES + 1) * width, *[width] * (SOURCES + 1)]
    what = "concepts" if any(row.match.kind == "concept" for row in sheet.matches) else "prototypes"
    titles = [pdf.paragraph(f"The {what} that matter", pdf.HEADING)]
    titles += [
        pdf.paragraph(text, pdf.SMALL)
        for text in (
            f"This {sheet.noun.one}",
            f"Training {sheet.noun.several} of the {what[:-1]}",
            *[""] * (SOURCES - 1),
        )
    ]
    return [
        CondPageBreak(60 * pdf.mm),
        Spacer(1, 2 * pdf.mm),
        pdf.grid([titles, *rows], widths, is_ruled=True, spans=[((2, 0), (-1, 0))]),
    ]


def _card(sheet: Sheet, card: EvidenceCard) -> list[Flowable]:
    judged = sheet.annotation.prototype_judgements if sheet.annotation else {}
    said = [
        f"Judged: {words.judgement_text(judged[name])}."
        if len(card.prototypes) == 1
        # Of several on one card each judgement names its own.
        else f"{name} judged: {words.judgement_text(judged[name])}."
        for name in card.prototypes
        if name in judged
    ]
    return [
        pdf.paragraph(card.title),
        *[pdf.paragraph(text, pdf.SMALL) for text in (card.effect, card.similarity, *said)],
    ]


def _squares(
    workplace: Workplace, sheet: Sheet, image: GrayOrColourImage, row: SheetMatch
) -> list[Flowable]:
    """The image and the first sources, each with the prototype's own map where it is kept."""
    own = pictures.match_picture(image, row.match)
    squares = [_square(own, "Where it looks was not kept.")]
    for source in row.sources[:SOURCES]:
        found = pictures.source_picture(workplace, sheet.model or "", row.match.prototype, source)
        squares.append(_square(found, f"No picture here: {source.sample_id}"))
    return [*squares, *[pdf.paragraph("")] * (SOURCES + 1 - len(squares))]


def _square(pixels: np.ndarray | None, otherwise: str) -> Flowable:
    if pixels is None:
        return pdf.paragraph(otherwise, pdf.SMALL)
    return pdf.picture(pixels, most=(_SQUARE, _SQUARE))


def _verdicts(sheet: Sheet, room: RoomSheet) -> list[Flowable]:
    if not sheet.revisions:
        nobody = pdf.paragraph(sheet.noun.say(words.NOBODY_SIGNED))
        return [KeepTogether([pdf.paragraph("Verdict", pdf.HEADING), nobody])]
    newest, *earlier = zip(reversed(sheet.revisions), room.revisions, strict=True)
    parts: list[Flowable] = [
        KeepTogether([pdf.paragraph("Verdict", pdf.HEADING), *_revision(*newest, pdf.STRONG)])
    ]
    for number, pair in enumerate(earlier):
        before = pdf.paragraph("Earlier revisions", pdf.HEADING) if number == 0 else Spacer(1, 6)
        parts.append(KeepTogether([before, *_revision(*pair, pdf.TEXT)]))
    return parts


def _revision(revision: Annotation, note: RevisionNote, style: ParagraphStyle) -> list[Flowable]:
    signed = f"Signed by {revision.reader}, {words.time_text(revision.created_at)}"
    parts = [pdf.paragraph(note.title, style), pdf.paragraph(signed, pdf.SMALL)]
    parts += [pdf.paragraph(line) for line in note.lines]
    if revision.prototype_judgements:
        parts.append(pdf.paragraph(f"Prototypes: {words.judged_text(revision)}."))
    return parts


def _of_case(case: Case) -> tuple[tuple[str, str], ...]:
    if case.facts.is_row:
        return ("Row, as it is kept", case.file_sha256), ("Its values", case.pixel_sha256)
    return ("File", case.file_sha256), (f"Pixels ({case.pixel_hash})", case.pixel_sha256)


def _hashes(sheet: Sheet, heatmap: ShownHeatmap | None) -> list[Flowable]:
    case, last = sheet.case, sheet.annotation
    rows = [
        *_of_case(case),
        ("Model", sheet.model or ""),
        ("Settings of the site", case.site),
        ("Settings of the heatmap", heatmap.settings_digest if heatmap else ""),
        (f"Audit entry {last.audit_sequence}" if last else "", (last and last.audit_hash) or ""),
    ]
    cells = [
        [pdf.paragraph(name, pdf.SMALL), pdf.paragraph(value, pdf.MONO)]
        for name, value in rows
        if value
    ]
    table = pdf.grid(cells, [_LABEL, pdf.WIDTH - _LABEL])
    return [KeepTogether([pdf.paragraph("Hashes (SHA-256)", pdf.HEADING), table])]
