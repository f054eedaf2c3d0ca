"""Trying: a change is asked for, watched, cancelled, and found again when the reader signs.

Switching prototypes off is answered at once: arithmetic on the stored prediction. A region, or
other values of a row, take passes of the network, which the worker makes before anything else. The
same work is never done twice, whoever asks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.domain.cases import Case
from app.domain.errors import NotFound, Refused
from app.domain.interventions.changes import Change
from app.domain.interventions.tries import MOST_TRIED, Try
from app.domain.permissions import needs
from app.services import jobs, models
from app.services.adapters.last_layer import contributions_of
from app.services.checks import site_choice
from app.services.studies import blinding
from app.services.tables import changing
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from dprotonet.inference.decision import DecisionRule
from dprotonet.inference.intervention import InterventionResult, checked, result_of
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.site_settings import SiteSettings

_LOOKED_AT = 500  # tries, among which the same ones are counted once


@needs("see cases")
def request(workplace: Workplace, case_id: str, *, frame: int, change: Change) -> Try:
    """Ask what the model says of a frame under a change.

    What waits of this reader and frame is dropped: they look at the newest.

    Returns:
        The try: done, where the answer is known or arithmetic, else waiting for the worker.

    Raises:
        Forbidden: the reader is to read the image first.
        NotFound: the case, its frame or its model is gone.
        Refused: there is no prediction yet, or a value cannot be.
        WrongRequest: the model made no call on this image, or has no such prototype.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        blinding.check_shown(workplace, tx, case_id, frame=frame)
        before = _prediction(tx, case, frame)
        key = change.key(
            image=case.file_sha256, frame=frame, model=case.model or "", site=case.site
        )
        result = tx.tries.known(key)
        site = site_choice.settings(tx, case.model or "", case.site) if case.site else None
    checked(before, change.off)
    if result is None:
        models.approved(workplace, case.model or "")
        if change.values:  # what cannot be is said at once, and not by the worker
            changing.pictures(workplace, case, case.model or "", change.values)
        elif change.region is None:
            result = _arithmetic(workplace, case.model or "", before, change, site)
    new = Try(
        try_id=jobs.new_id(),
        case_id=case_id,
        frame=frame,
        model=case.model or "",
        site=case.site,
        key=key,
        reader=workplace.reader,
        change=change,
        state="waiting" if result is None else "done",
        message="",
        result=result,
        asked_at=workplace.clock(),
    )
    with workplace.store.write() as tx:
        tx.cases.get(case_id)
        return _added(tx, new)


@needs("see cases")
def request_sent(workplace: Workplace, case_id: str, *, frame: int, document: object) -> Try:
    """As :func:`request`, of a change as a browser sent it.

    Raises:
        Refused: it is no change, or contradicts itself.
    """
    return request(workplace, case_id, frame=frame, change=Change.from_json(document))


@needs("see cases")
def result(workplace: Workplace, try_id: str) -> Try:
    """A try of this reader as it stands.

    Raises:
        NotFound: it went with its case, or is another reader's.
    """
    with workplace.store.read() as tx:
        return _own(workplace, tx, try_id)


@needs("see cases")
def cancel(workplace: Workplace, try_id: str) -> Try:
    """End a try of this reader; one that is over stays as it is."""
    with workplace.store.write() as tx:
        _own(workplace, tx, try_id)
        tx.tries.cancel(try_id)
        return tx.tries.get(try_id)


@needs("sign")
def tried(workplace: Workplace, case_id: str, *, frame: int) -> list[dict[str, Any]]:
    """What this reader tried on a frame since they signed it last: what the next revision keeps.

    Returns:
        As :func:`tried_since_signing`.
    """
    with workplace.store.read() as tx:
        return tried_since_signing(tx, workplace.reader, case_id, frame=frame)


def tried_since_signing(
    tx: Transaction, reader: str, case_id: str, *, frame: int
) -> list[dict[str, Any]]:
    """The same inside a transaction, for the one that signs.

    Returns:
        Plain values, each change once, oldest first, at most the newest :data:`MOST_TRIED`: the
        change, when, the bundle and settings, label and probabilities before and after, and the
        control.
    """
    signed = [
        revision.created_at
        for revision in tx.annotations.revisions(case_id, frame=frame)
        if revision.reader == reader
    ]
    tries = tx.tries.done_since(
        case_id, frame=frame, reader=reader, since=max(signed, default=None), limit=_LOOKED_AT
    )
    once = {one.key: one for one in tries}
    entries = []
    for one in [*once.values()][-MOST_TRIED:]:
        before = tx.predictions.get(case_id, frame=frame, model=one.model, site=one.site)
        if before is not None and one.result is not None:
            entries.append(_entry(one, one.result, before))
    return entries


def _entry(one: Try, result: InterventionResult, before: Prediction) -> dict[str, Any]:
    control = result.control and {
        "mean": dict(result.control.mean),
        "sd": dict(result.control.sd),
        "draws": result.control.draws,
        "in_body": result.control.in_body,
    }
    return {
        **one.change.to_json(),
        "at": one.asked_at.isoformat(),
        "model": one.model,
        "site": one.site,
        "label_before": before.label,
        "label": result.label,
        "before": dict(before.probabilities),
        "after": dict(result.probabilities),
        "control": control,
    }


def _prediction(tx: Transaction, case: Case, frame: int) -> Prediction:
    model = case.model or ""
    before = tx.predictions.get(case.case_id, frame=frame, model=model, site=case.site)
    if before is None:
        raise Refused("There is no prediction of this case yet. Wait for it, then try again.")
    return before


def _arithmetic(
    workplace: Workplace, model: str, before: Prediction, change: Change, site: SiteSettings | None
) -> InterventionResult:
    bundle = workplace.models.bundle(model)
    contributions = contributions_of(bundle, before)
    return result_of(before, contributions, DecisionRule.of(bundle, site), off=change.off)


def _added(tx: Transaction, new: Try) -> Try:
    """The try, or the reader's last one, where it is the same and not in vain."""
    last = tx.tries.newest_of(new.case_id, frame=new.frame, reader=new.reader)
    if last is not None and last.key == new.key and last.is_active and new.is_active:
        return last
    tx.tries.replace_waiting(new.case_id, frame=new.frame, reader=new.reader)
    known = tx.tries.known(new.key) if new.is_active else None
    if known is not None:  # the worker was done meanwhile
        new = replace(new, state="done", result=known)
    tx.tries.add(new)
    return new


def _own(workplace: Workplace, tx: Transaction, try_id: str) -> Try:
    one = tx.tries.get(try_id)
    if one.reader != workplace.reader:
        raise NotFound("This try no longer exists. Try it again.")
    blinding.check_shown(workplace, tx, one.case_id, frame=one.frame)
    return one
