"""What a case is read with: its model, and a site's settings of it."""

from __future__ import annotations

from datetime import datetime

from app.domain.bundles import BundleInfo
from app.domain.cases import Case
from app.domain.errors import NotFound, Refused
from app.domain.permissions import needs, within
from app.services import jobs, models
from app.services.checks import site_choice
from app.services.tables.reading import check_fits
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from dprotonet.inference.prediction import Prediction


@needs("sign")
def set_case_model(workplace: Workplace, case_id: str, model: str) -> None:
    """Read a case with another bundle; its prediction is enqueued if there is none yet.

    Raises:
        NotFound: there is no such bundle or case.
        Refused: the installation does not trust the bundle, or it is not made for such a case.
    """
    info = models.usable(workplace, model)
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
    check_fits(workplace, case, info)
    digest = info.digest
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


@needs("see cases")
def retry_prediction(workplace: Workplace, case_id: str, *, frame: int = 0) -> None:
    """Enqueue a prediction again that failed.

    Raises:
        NotFound: the case was deleted.
        Refused: there is no model for it; the sentence says why.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
    _, _, problem = with_model(workplace, case)
    with workplace.store.write() as tx:
        case = tx.cases.get(case_id)
        if case.model is None:
            raise Refused(problem)
        jobs.enqueue_prediction(
            tx,
            case_id=case_id,
            frame=frame,
            model=case.model,
            site=case.site,
            now=workplace.clock(),
        )


def _read_with(tx: Transaction, case_id: str, model: str, site: str, now: datetime) -> None:
    """Choose what a case is read with; its prediction is enqueued if there is none yet."""
    if tx.studies.is_bound(case_id):
        raise Refused(
            "This case is read in a study that is open, which is bound to its model. "
            "Wait until it is closed."
        )
    tx.cases.set_model(case_id, model, site=site)
    if tx.predictions.get(case_id, frame=0, model=model, site=site) is None:
        jobs.enqueue_prediction(tx, case_id=case_id, frame=0, model=model, site=site, now=now)


def prediction_of(tx: Transaction, case: Case, frame: int) -> Prediction | None:
    """What the case shows: of its model, under its settings. It stays after the model was
    removed."""
    model = case.model or ""
    return tx.predictions.get(case.case_id, frame=frame, model=model, site=case.site)


@within
def with_model(workplace: Workplace, case: Case) -> tuple[Case, BundleInfo | None, str]:
    """The case with its bundle; one that came while there was no bundle gets the active one."""
    if case.model is None:
        chosen = models.active(workplace)
        if chosen is None:
            return case, None, models.why_none(workplace)
        try:
            check_fits(workplace, case, chosen)
        except Refused as error:
            return case, None, str(error)
        with workplace.store.write() as tx:
            if tx.cases.get(case.case_id).model is None:
                site = site_choice.in_use(tx, chosen.digest)
                tx.cases.set_model(case.case_id, chosen.digest, site=site)
            case = tx.cases.get(case.case_id)
    try:
        return case, workplace.models.get(case.model or ""), ""
    except NotFound as error:
        return case, None, str(error)


@within
def known_model(workplace: Workplace, digest: str | None) -> BundleInfo | None:
    """The bundle of a digest; None where it is no longer there."""
    try:
        return workplace.models.get(digest) if digest else None
    except NotFound:
        return None
