"""What readers signed, and signing in the name of the token's person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from starlette.requests import Request

from app.domain.annotations import (
    REASONS,
    VERDICTS,
    Annotation,
    AnnotationFilters,
    MoreSaid,
    PrototypeJudgement,
    Reason,
    Verdict,
)
from app.domain.errors import Refused
from app.server.routes.place import LARGEST, place
from app.server.routes.v1 import queries
from app.server.routes.v1.endpoints import Endpoint, Sent
from app.server.routes.v1.predictions import shown
from app.server.routes.v1.schemas import PAGE
from app.services.annotations import search
from app.services.review import signing
from app.services.workplace import Workplace


def _of_frame(workplace: Workplace, request: Request, sent: Sent) -> Any:
    return {"items": [_about(one) for one in shown(workplace, request).revisions]}


def _all(workplace: Workplace, request: Request, sent: Sent) -> Any:
    found = search(workplace, AnnotationFilters(), **queries.page_asked(request))
    return queries.page_of(found, lambda row: _about(row.annotation))


def _sign(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    verdict, reason = sent.get("verdict"), sent.get("reason")
    if verdict not in VERDICTS:
        raise Refused(f"“verdict” is one of: {', '.join(VERDICTS)}. Send one of them.")
    if reason is not None and reason not in REASONS:
        raise Refused(f"“reason” is one of: {', '.join(REASONS)}. Send one of them, or none.")
    signed = signing.sign(
        workplace,
        case,
        frame=frame,
        verdict=cast("Verdict", verdict),
        confidence=_whole(sent, "confidence"),
        expected_revision=_whole(sent, "expected_revision"),
        corrected_label=_text(sent, "corrected_label") or None,
        text=_text(sent, "text"),
        prototype_judgements=_judgements(sent.get("prototype_judgements")),
        more=MoreSaid(reason=cast("Reason | None", reason)),
    )
    return _about(signed)


def _whole(sent: Sent, name: str) -> int:
    value = sent.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise Refused(f"“{name}” is a whole number. Send one.")
    return value


def _text(sent: Sent, name: str) -> str:
    value = sent.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(f"“{name}” is a text. Send one, or none.")
    return value or ""


def _judgements(given: object) -> dict[str, PrototypeJudgement]:
    if given is None:
        return {}
    wrong = Refused(
        "“prototype_judgements” names prototypes, each with similar, usefulness and artefact. "
        "Send those, or none."
    )
    if not isinstance(given, Mapping):
        raise wrong
    judgements = {}
    for name, one in given.items():
        if not isinstance(one, Mapping) or not isinstance(one.get("similar"), bool | None):
            raise wrong
        judgements[name] = PrototypeJudgement(
            one.get("similar"), one.get("usefulness"), one.get("artefact")
        )
    return judgements


def _about(signed: Annotation) -> dict[str, Any]:
    return {
        "case": signed.case_id,
        "frame": signed.frame,
        "revision": signed.revision,
        "reader": signed.reader,
        "verdict": signed.verdict,
        "corrected_label": signed.corrected_label,
        "confidence": signed.confidence,
        "reason": signed.reason,
        "text": signed.text,
        "prototype_judgements": {
            name: asdict(one) for name, one in signed.prototype_judgements.items()
        },
        "predicted_label": signed.predicted_label,
        "predicted_probability": signed.predicted_probability,
        "model": signed.model,
        "signed_at": signed.created_at.isoformat(),
    }


ENDPOINTS = (
    Endpoint(
        "GET",
        "cases/{case}/frames/{frame:int}/annotations",
        "Lists what was signed of a frame, every revision.",
        "see cases",
        "Annotations",
        _of_frame,
    ),
    Endpoint(
        "POST",
        "cases/{case}/frames/{frame:int}/annotations",
        "Signs a revision.",
        "sign",
        "Annotation",
        _sign,
        takes="Verdict",
    ),
    Endpoint(
        "GET",
        "annotations",
        "Lists the newest revision of every frame, the newest first.",
        "see cases",
        "AnnotationPage",
        _all,
        query=PAGE,
    ),
)
