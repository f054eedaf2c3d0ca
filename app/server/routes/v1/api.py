"""All routes for programs, with the description of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.server.routes.v1 import cases, explanations, models, predictions, verdicts
from app.server.routes.v1.document import document
from app.server.routes.v1.endpoints import Endpoint, Sent, routes_of
from app.server.security import PROGRAMS
from app.services.workplace import Workplace


def _description(workplace: Workplace, request: Request, sent: Sent) -> Any:
    return document(ENDPOINTS)


ENDPOINTS: tuple[Endpoint, ...] = (
    *models.ENDPOINTS,
    *cases.ENDPOINTS,
    *predictions.ENDPOINTS,
    *explanations.ENDPOINTS,
    *verdicts.ENDPOINTS,
    Endpoint(
        "GET",
        "openapi.json",
        "Describes these routes.",
        "see models",
        "application/json",
        _description,
    ),
)


def program_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Everything under /api/v1; what else is asked for there is not there."""
    nothing = Route(
        f"{PROGRAMS}{{rest:path}}", _nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
    )
    return [*routes_of(ENDPOINTS, get_workplace), nothing]


async def _nothing(request: Request) -> Response:
    sentence = f"There is no such route. {PROGRAMS}openapi.json describes those that there are."
    return JSONResponse({"error": sentence}, 404)
