"""All routes of our own."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Route

from app.server.routes.files import file_routes
from app.server.routes.interventions import intervention_routes
from app.server.routes.room import room_routes
from app.server.routes.uploads import upload_routes
from app.server.routes.v1.api import program_routes
from app.services.workplace import Workplace


def own_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Everything under /api, for whom the entrance let in."""
    return [
        *file_routes(get_workplace),
        *upload_routes(get_workplace),
        *room_routes(get_workplace),
        *intervention_routes(get_workplace),
        *program_routes(get_workplace),
    ]
