"""Heatmaps: asked for, waited for, given as pictures."""

from __future__ import annotations

import io
from typing import Any, cast

from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import Refused
from app.domain.explanations import USUAL, SavedExplanation, Tier
from app.domain.jobs import Job
from app.server.routes.place import place
from app.server.routes.v1.endpoints import Endpoint, Sent
from app.server.routes.v1.predictions import shown
from app.server.routes.v1.schemas import TIERS
from app.server.security import PROGRAMS
from app.services import explanations, image_data
from app.services.workplace import Workplace

PNG = "image/png"


def _ask(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    node, tier = sent.get("node", "class"), sent.get("tier", USUAL)
    if not isinstance(node, str) or tier not in TIERS:
        raise Refused(
            f"“node” is a text, such as class, and “tier” one of: {', '.join(TIERS)}. Send those."
        )
    found = explanations.request(workplace, case, frame=frame, node=node, tier=cast("Tier", tier))
    if isinstance(found, SavedExplanation):
        return {"job": None, "explanation": _about(found)}
    return {"job": about_job(found), "explanation": None}


def _of_frame(workplace: Workplace, request: Request, sent: Sent) -> Any:
    return {"items": [_about(offer.saved) for offer in shown(workplace, request).maps]}


def _job(workplace: Workplace, request: Request, sent: Sent) -> Any:
    return about_job(explanations.progress(workplace, request.path_params["job"]))


def _picture(workplace: Workplace, request: Request, sent: Sent) -> Response:
    values = image_data.heatmap(workplace, request.path_params["explanation"])
    held = io.BytesIO()
    Image.fromarray(values).save(held, format="PNG")
    return Response(held.getvalue(), media_type=PNG)


def about_job(job: Job) -> dict[str, Any]:
    """A piece of work, as it stands."""
    return {
        "id": job.job_id,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "message": job.message,
        "explanation": job.explanation_id,
    }


def _about(saved: SavedExplanation) -> dict[str, Any]:
    measured = saved.faithfulness
    return {
        "id": saved.explanation_id,
        "node": saved.node,
        "tier": saved.tier,
        "value_before": saved.value_before,
        "affects_output": measured.beats_random if measured else None,
        "share_outside_body": saved.outside_body,
        "made_at": saved.created_at.isoformat(),
        "heatmap": f"{PROGRAMS}explanations/{saved.explanation_id}/heatmap",
    }


ENDPOINTS = (
    Endpoint(
        "POST",
        "cases/{case}/frames/{frame:int}/explanations",
        "Asks for a heatmap: one that is there at once, else the job that makes it.",
        "see cases",
        "ExplanationAsked",
        _ask,
        takes="ExplanationWanted",
    ),
    Endpoint(
        "GET",
        "cases/{case}/frames/{frame:int}/explanations",
        "Lists the heatmaps of a frame.",
        "see cases",
        "Explanations",
        _of_frame,
    ),
    Endpoint("GET", "jobs/{job}", "Says how far a piece of work is.", "see cases", "Job", _job),
    Endpoint(
        "GET",
        "explanations/{explanation}/heatmap",
        "Gives a heatmap over the whole image, its longer side at most 1024 pixels.",
        "see cases",
        PNG,
        _picture,
    ),
)
