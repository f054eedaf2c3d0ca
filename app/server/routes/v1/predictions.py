"""What the model says of a frame."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from app.domain.cases import Sheet
from app.domain.errors import Forbidden
from app.domain.text import RESEARCH_ONLY
from app.server.routes.place import place
from app.server.routes.v1.endpoints import Endpoint, Sent
from app.services.review import opening
from app.services.studies.blinding import HIDDEN
from app.services.workplace import Workplace


def shown(workplace: Workplace, request: Request) -> Sheet:
    """The sheet of the frame that a path names.

    Raises:
        Forbidden: the token's person is to read the image first.
        NotFound: there is no such case or frame.
    """
    case, frame = place(request)
    sheet = opening.open_case(workplace, case, frame=frame)
    if sheet.is_hidden:
        raise Forbidden(HIDDEN)
    return sheet


def _prediction(workplace: Workplace, request: Request, sent: Sent) -> Any:
    sheet = shown(workplace, request)
    prediction = sheet.prediction
    if prediction is None:
        state = "failed" if sheet.problem else "waiting"
        return _said(sheet, state=state, message=sheet.problem)
    label = prediction.label
    return _said(
        sheet,
        state="done",
        label=label,
        probabilities=dict(prediction.probabilities),
        threshold=None if label is None else prediction.threshold,
        support=prediction.support.verdict if prediction.support else None,
        reasons=list(prediction.support.reasons) if prediction.support else [],
        prototypes=[
            {
                "id": match.prototype,
                "kind": match.kind,
                "of": match.class_name,
                "similarity": match.similarity,
                "evidence": match.evidence,
            }
            for match in ([] if label is None else prediction.matches)
            if match.prototype not in sheet.off
        ],
    )


def _said(sheet: Sheet, **known: Any) -> dict[str, Any]:
    return {
        "message": "",
        "label": None,
        "probabilities": {},
        "threshold": None,
        "support": None,
        "reasons": [],
        "model": sheet.model,
        "prototypes": [],
        "notice": RESEARCH_ONLY,
    } | known


ENDPOINTS = (
    Endpoint(
        "GET",
        "cases/{case}/frames/{frame:int}/prediction",
        "Says what the model says of a frame; one that was never asked for is queued.",
        "see cases",
        "Prediction",
        _prediction,
    ),
)
