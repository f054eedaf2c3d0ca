"""A try as a page gets it: where it stands, and once it is done all that is shown of it."""

from __future__ import annotations

from typing import Any

from app.domain.cases import SheetMatch
from app.domain.errors import NotFound, Refused
from app.domain.interventions.tries import Try
from app.domain.permissions import needs
from app.services import galleries
from app.services.interventions import words
from app.services.studies import blinding
from app.services.workplace import Workplace


@needs("see cases")
def answer(workplace: Workplace, one: Try) -> dict[str, Any]:
    """A try as plain values: ``id`` and ``state``; ``text`` of one that waits or was cancelled; of
    one that is done what :func:`app.services.interventions.words.told` says.

    Raises:
        Refused: it failed; the sentence says why.
        NotFound: the prediction or its model is gone.
    """
    if one.state == "failed":
        raise Refused(one.message)
    if one.result is None:
        text = words.LOOKING if one.is_active else one.message
        return {"id": one.try_id, "state": one.state, "text": text}
    with workplace.store.read() as tx:
        blinding.check_shown(workplace, tx, one.case_id, frame=one.frame)
        before = tx.predictions.get(one.case_id, frame=one.frame, model=one.model, site=one.site)
    if before is None:
        raise NotFound("The prediction of this case is gone. Open the case again.")
    info = workplace.models.get(one.model)
    sources = galleries.of_model(workplace, one.model)
    matches = [
        SheetMatch(match, sources.get(match.prototype, ()))
        for match in before.matches
        if match.prototype not in info.off
    ]
    return words.told(one, one.result, before, negative_class=info.negative_class, matches=matches)
