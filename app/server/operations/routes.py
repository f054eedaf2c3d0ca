"""The routes for whoever watches the server: /healthz, /readyz and /metrics."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.server.operations.health import is_ready, readiness
from app.server.operations.metrics import CONTENT_TYPE, exposition
from app.services.workplace import Workplace

_BEARER = "Bearer "


def operation_routes(get_workplace: Callable[[], Workplace], metrics_token: str) -> list[Route]:
    """The routes.

    Args:
        get_workplace: asked at each request, since the store may be away for a while.
        metrics_token: that whoever reads the figures must give; without one there is no such route.
    """

    async def healthz(request: Request) -> Response:
        # Answered by the event loop itself, and asks nothing: it says that this process is alive.
        return PlainTextResponse("ok\n")

    def readyz(request: Request) -> Response:
        found = readiness(get_workplace)
        return JSONResponse(dict(found), 200 if is_ready(found) else 503)

    def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        token = given.removeprefix(_BEARER) if given.startswith(_BEARER) else ""
        if not hmac.compare_digest(token.encode(), metrics_token.encode()):
            return PlainTextResponse(
                "The figures are for whoever has the token of DPROTONET_METRICS_TOKEN. Give it as "
                "“Authorization: Bearer TOKEN”.\n",
                401,
                {"WWW-Authenticate": "Bearer"},
            )
        return Response(exposition(get_workplace), media_type=CONTENT_TYPE)

    routes = [Route("/healthz", healthz), Route("/readyz", readyz)]
    return [*routes, Route("/metrics", metrics)] if metrics_token else routes
