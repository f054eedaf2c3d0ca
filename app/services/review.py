"""Review: the list of cases, one case's sheet, and the reader's signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.annotations import (
    Annotation,
    MoreSaid,
    PrototypeJudgement,
    Verdict,
    check_judgements,
    check_replaced,
    check_revision,
)
from app.domain.bundles import BundleInfo
from app.domain.cases import Case, CaseFilters, CasePage, Sheet, SheetMatch, Twin
from app.domain.errors import NotFound, Refused
from app.domain.explanations import offered
from app.domain.instant_maps import in_order, instant_maps, is_measured_map
from app.domain.permissions import needs, within
from app.services import galleries, jobs, models, originals
from app.services.audit.recording import record_case, record_signature
from app.services.checks import site_choice
from app.services.studies import blinding
from app.services.worklist.given_rows import given
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from dprotonet.inference.prediction import Prediction

MOST_TWINS = 20  # cases of the same pixels that a page names
NO_MODEL = (
    "There is no model to read this image with. "
    "Add one with: python -m app models add DIR, then choose it here."
)


@needs("see cases")
def list_cases(
    workplace: Workplace, filters: CaseFilters | None = None, *, page: int = 0, size: int = 25
) -> CasePage:
    """One page of the list, counted from 0; files of one study lie together."""
    asked, now = filters or CaseFilters(), workplace.clock()
    with workplace.store.read() as tx:
        found = tx.case_list.page(
            asked,
            page=max(page, 0),
            size=size,
            now=now,
            onlooker=blinding.onlooker(workplace, tx),
        )
        return replace(found, rows=given(workplace, tx, found.rows))


@needs("see cases")
def still_waiting(workplace: Workplace, case_ids: Sequence[str]) -> frozenset[str]:
    """Those of some cases whose prediction is still to come; cheap enough to ask often."""
    with workplace.store.read() as tx:
        return tx.case_list.waiting(case_ids)


@needs("see cases")
def open_case(workplace: Workplace, case_id: str, *, frame: int = 0) -> Sheet:
    """All that the review page shows of one frame; of one that the reader is to read first nothing
    that comes of the model's answer.

    A prediction that was never asked for (another frame, a model chosen later) is enqueued.

    Raises:
        NotFound: the case was deleted.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
    case.check_frame(frame)
    case, info, problem = _with_model(workplace, case)
    with workplace.store.read() as tx:
        sheet = _sheet(workplace, tx, case, frame, info, problem)
    if sheet.prediction is None and info is not None and not sheet.problem:
        sheet = _ask_for_prediction(workplace, sheet, info)
    if sheet.is_hidden:
        return sheet.hidden()
    if sheet.prediction is None or info is None:
        return sheet
    return _with_matches(workplace, sheet, sheet.prediction, info)


@needs("see cases")
def retry_prediction(workplace: Workplace, case_id: str, *, frame: int = 0) -> None:
    """Enqueue a prediction again that failed."""
    with workplace.store.write() as tx:
        case = tx.cases.get(case_id)
        if case.model is None:
            raise Refused(NO_MODEL)
        jobs.enqueue_prediction(
            tx,
            case_id=case_id,
            frame=frame,
            model=case.model,
            site=case.site,
            now=workplace.clock(),
        )


@needs("sign")
def sign(
    workplace: Workplace,
    case_id: str,
    *,
    verdict: Verdict,
    confidence: int,
    expected_revision: int,
    frame: int = 0,
    corrected_label: str | None = None,
    text: str = "",
    prototype_judgements: Mapping[str, PrototypeJudgement] | None = None,
    more: MoreSaid | None = None,
) -> Annotation:
    """Save the reader's judgement as a new revision.

    Args:
        workplace: its reader signs.
        case_id: of the image.
        verdict: accept, reject or supplement; of an image that the model refused: rightly refused
            or wrongly refused.
        confidence: 1 (guess) to 5 (certain).
        expected_revision: the revision the reader saw; 0 for none.
        frame: of the image.
        corrected_label: what the reader says it is.
        text: free.
        prototype_judgements: prototype id to judgement; empty ones are left out.
        more: whether the reason is right, what was drawn and tried; None for nothing.

    Raises:
        Conflict: another revision came in between; nothing was written.
        Forbidden: the newest revision is another reader's, and this one may not replace it; or
            this reader is to read the image first.
        Refused: the revision contradicts itself, names an unknown prototype, or an
            artefact without its kind; or its verdict is on a prediction where the model refused
            the image, or the other way round.
    """
    with workplace.store.read() as tx:
        seen = tx.cases.get(case_id)
        blinding.check_shown(workplace, tx, case_id, frame=frame)
    model = seen.model
    more = more or MoreSaid()
    info = known_model(workplace, model)
    judgements = {
        name: judgement
        for name, judgement in (prototype_judgements or {}).items()
        if not judgement.is_empty
    }
    check_prototypes(judgements, info)
    check_judgements(judgements)
    with workplace.store.write() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        if (case.model, case.site) != (model, seen.site):
            raise Refused(
                "The model of this case, or its threshold, was changed just now. Look again, then "
                "sign."
            )
        prediction = _prediction(tx, case, frame)
        predicted = prediction.label if prediction else None
        support = prediction.support if prediction else None
        corrected = (corrected_label or "").strip()[:200] or None
        check_revision(
            verdict=verdict,
            corrected_label=corrected,
            confidence=confidence,
            text=text,
            predicted_label=predicted,
            is_refused=prediction is not None and not prediction.supported,
            reason=more.reason,
            region=more.region,
            judged_map=more.judged_map,
        )
        unsigned = Annotation(
            case_id=case_id,
            frame=frame,
            revision=expected_revision + 1,
            reader=workplace.reader,
            verdict=verdict,
            corrected_label=corrected,
            confidence=confidence,
            text=text.strip(),
            model=model or "",
            model_name=info.name if info else "",
            predicted_label=predicted,
            predicted_probability=prediction.probability if prediction else None,
            created_at=workplace.clock(),
            prototype_judgements=judgements,
            support=support.verdict if support else None,
            reason=more.reason,
            region=more.region,
            judged_map=more.judged_map,
            marks=more.marks,
            tried=more.tried,
            active_seconds=more.active_seconds,
        )
        replaced = tx.annotations.revisions(case_id, frame=frame)
        signed = record_signature(workplace, tx, unsigned, case)
        if replaced:
            check_replaced(replaced[-1], workplace.actor)
        tx.drafts.remove(case_id, frame=frame, reader=workplace.reader)
        tx.claims.release(case_id, workplace.reader)
        return signed


@needs("delete")
def delete_case(workplace: Workplace, case_id: str) -> None:
    """Remove an image with its original, predictions, heatmaps and revisions.

    A batch keeps its row, which says that the case was deleted.
    """

    def rows_go(tx: Transaction) -> set[str]:
        record_case(workplace, tx, "case deleted", tx.cases.get(case_id))
        return tx.cases.delete(case_id)

    originals.remove(workplace, rows_go)


@needs("sign")
def set_case_model(workplace: Workplace, case_id: str, model: str) -> None:
    """Read a case with another bundle; its prediction is enqueued if there is none yet.

    Raises:
        NotFound: there is no such bundle or case.
        Refused: the installation does not trust the bundle.
    """
    digest = models.usable(workplace, model).digest
    with workplace.store.write() as tx:
        _read_with(tx, case_id, digest, site_choice.in_use(tx, digest), workplace.clock())


@needs("sign")
def follow_site(workplace: Workplace, case_id: str) -> None:
    """Read a case under what is in use now for its model: a site's settings, or the model's own
    calibration and threshold. Earlier predictions stay beside the new one.

    Raises:
        NotFound: there is no such case.
    """
    with workplace.store.write() as tx:
        model = tx.cases.get(case_id).model
        if model is not None:
            _read_with(tx, case_id, model, site_choice.in_use(tx, model), workplace.clock())


def _read_with(tx: Transaction, case_id: str, model: str, site: str, now: datetime) -> None:
    """Choose what a case is read with; its prediction is enqueued if there is none yet."""
    if tx.studies.is_bound(case_id):
        raise Refused(
            "This image is read in a study that is open, which is bound to its model. "
            "Wait until it is closed."
        )
    tx.cases.set_model(case_id, model, site=site)
    if tx.predictions.get(case_id, frame=0, model=model, site=site) is None:
        jobs.enqueue_prediction(tx, case_id=case_id, frame=0, model=model, site=site, now=now)


def _prediction(tx: Transaction, case: Case, frame: int) -> Prediction | None:
    """What the case shows: of its model, under its settings. It stays after the model was
    removed."""
    model = case.model or ""
    return tx.predictions.get(case.case_id, frame=frame, model=model, site=case.site)


@needs("export")
def original(workplace: Workplace, case_id: str) -> bytes:
    """The file as it came."""
    with workplace.store.read() as tx:
        key = tx.cases.get(case_id).file_sha256
    return workplace.blobs.read(key)


@within
def known_model(workplace: Workplace, digest: str | None) -> BundleInfo | None:
    """The bundle of a digest; None where it is no longer there."""
    try:
        return workplace.models.get(digest) if digest else None
    except NotFound:
        return None


def check_prototypes(judgements: Mapping[str, PrototypeJudgement], info: BundleInfo | None) -> None:
    """Raise Refused if a judgement is of a prototype that the case's model does not have."""
    unknown = [name for name in judgements if info is None or name not in info.prototypes]
    if unknown:
        raise Refused(
            f"There is no prototype “{unknown[0]}” in this case's model. Open the case again."
        )


def _with_model(workplace: Workplace, case: Case) -> tuple[Case, BundleInfo | None, str]:
    """The case with its bundle; one that came while there was no bundle gets the active one."""
    if case.model is None:
        chosen = models.active(workplace)
        if chosen is None:
            return case, None, models.why_none(workplace)
        with workplace.store.write() as tx:
            if tx.cases.get(case.case_id).model is None:
                site = site_choice.in_use(tx, chosen.digest)
                tx.cases.set_model(case.case_id, chosen.digest, site=site)
            case = tx.cases.get(case.case_id)
    try:
        return case, workplace.models.get(case.model or ""), ""
    except NotFound as error:
        return case, None, str(error)


def _sheet(
    workplace: Workplace,
    tx: Transaction,
    case: Case,
    frame: int,
    info: BundleInfo | None,
    problem: str,
) -> Sheet:
    """The sheet, with a mark where it is not to be given away as it is."""
    model = case.model or ""
    onlooker = blinding.onlooker(workplace, tx)
    prediction = _prediction(tx, case, frame)
    active = tx.jobs.of_case(case.case_id, frame=frame)
    if prediction is None and not problem:
        last = tx.jobs.last_prediction_job(case.case_id, frame=frame, model=model, site=case.site)
        if last is not None and last.state == "failed":
            problem = last.message
    revisions = tx.annotations.revisions(case.case_id, frame=frame)
    saved = tx.explanations.of_frame(case.case_id, frame=frame, model=model)
    supported = prediction is not None and prediction.supported
    drawn = tx.predictions.maps(case.case_id, frame=frame, model=model) if supported else None
    return Sheet(
        case=case,
        frame=frame,
        model=case.model,
        model_name=info.name if info else "",
        off=info.off if info else (),
        classes=info.classes if info else (),
        prediction=prediction,
        matches=(),
        maps=offered(one for one in saved if drawn is None or not is_measured_map(one)),
        instant=instant_maps(drawn, saved),
        map_figures=info.map_figures if info else {},
        annotation=revisions[-1] if revisions else None,
        revisions=revisions,
        jobs=active,
        study=given(
            workplace, tx, tx.case_list.study(case.case_id, workplace.clock(), onlooker=onlooker)
        ),
        twins=_twins(tx, case),
        problem=problem,
        negative_class=info.negative_class if info else None,
        site_in_use=site_choice.in_use(tx, model),
        is_hidden=onlooker is not None
        and tx.blinding.is_hidden(onlooker, case.case_id, frame=frame),
    )


def _twins(tx: Transaction, case: Case) -> tuple[Twin, ...]:
    twins = tx.cases.with_pixels(case.pixel_sha256, limit=MOST_TWINS + 1)
    return tuple(twin for twin in twins if twin.case_id != case.case_id)[:MOST_TWINS]


def _ask_for_prediction(workplace: Workplace, sheet: Sheet, info: BundleInfo) -> Sheet:
    read_with = (info.digest, sheet.case.site)
    if any(job.kind == "predict" and (job.model, job.site) == read_with for job in sheet.jobs):
        return sheet
    with workplace.store.write() as tx:
        jobs.enqueue_prediction(
            tx,
            case_id=sheet.case.case_id,
            frame=sheet.frame,
            model=info.digest,
            site=sheet.case.site,
            now=workplace.clock(),
        )
    with workplace.store.read() as tx:
        return _sheet(workplace, tx, sheet.case, sheet.frame, info, "")


def _with_matches(
    workplace: Workplace, sheet: Sheet, prediction: Prediction, info: BundleInfo
) -> Sheet:
    sources = galleries.of_model(workplace, info.digest)
    matches = tuple(
        SheetMatch(match, sources.get(match.prototype, ()))
        for match in sorted(prediction.matches, key=lambda match: -abs(match.evidence))
        if match.prototype not in info.off
    )
    if prediction.leading is not None:
        own = sheet.offered_class
        matches = tuple(sorted(matches, key=lambda row: row.match.class_name != own))
    prototypes = [row.match.prototype for row in matches]
    instant = in_order(sheet.instant, first=sheet.offered_class, prototypes=prototypes)
    return replace(sheet, matches=matches, instant=instant)
