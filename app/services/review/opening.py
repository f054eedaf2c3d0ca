"""One case's sheet: all that is known of a frame, without what its reader may not see yet."""

from __future__ import annotations

from dataclasses import replace

from app.domain.bundles import BundleInfo
from app.domain.cases import Case, Sheet, SheetMatch, Twin
from app.domain.explanations import offered
from app.domain.instant_maps import in_order, instant_maps, is_measured_map
from app.domain.permissions import needs
from app.services import galleries, jobs
from app.services.checks import site_choice
from app.services.review.reading_with import prediction_of, with_model
from app.services.studies import blinding
from app.services.worklist.given_rows import given
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from dprotonet.inference.prediction import Prediction

MOST_TWINS = 20  # cases of the same pixels that a page names


@needs("see cases")
def case_of(workplace: Workplace, case_id: str) -> Case:
    """What an image is, without what is known of it; nothing is asked for.

    Raises:
        NotFound: the case was deleted.
    """
    with workplace.store.read() as tx:
        return tx.cases.get(case_id)


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
    case, info, problem = with_model(workplace, case)
    with workplace.store.read() as tx:
        sheet = _sheet(workplace, tx, case, frame, info, problem)
    if sheet.prediction is None and info is not None and not sheet.problem:
        sheet = _ask_for_prediction(workplace, sheet, info)
    if sheet.is_hidden:
        return sheet.hidden()
    if sheet.prediction is None or info is None:
        return sheet
    return _with_matches(workplace, sheet, sheet.prediction, info)


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
    prediction = prediction_of(tx, case, frame)
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
    reasons = [row.match.node for row in matches if row.match.node]
    instant = in_order(sheet.instant, first=sheet.offered_class, reasons=reasons)
    return replace(sheet, matches=matches, instant=instant)
