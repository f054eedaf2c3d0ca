"""The routes for what a reader tries: asked for, waited for, cancelled.

Nobody's page waits while somebody waits here: between two looks at the store nothing is held, and
the looks are made in threads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.interventions.tries import Try
from app.server.entrance import actor_of
from app.server.refusals import with_refusals
from app.server.routes.json_body import read_object
from app.services.interventions import answers, asking
from app.services.workplace import Workplace

ROUTE = "/api/room/try"
MOST = 256 << 10  # bytes of a request
TOO_LONG = "This region is too large. Draw less."
MOMENT = 0.5  # seconds that a request for a new try waits for its answer
PATIENCE = 2.0  # seconds that a question after one waits
LOOK_SECONDS = 0.015  # between two looks
Answer = Callable[[Workplace, Request], Awaitable[dict[str, Any]]]


def intervention_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Routes to try a change, to ask what came of it, and to cancel it.

    The body of the first is JSON: ``off``, ids of prototypes; ``region``, null or ``marks``,
    ``action`` and ``fill``; and of a row of a table ``values``, attribute to text, or to null where
    it is hidden. Each answers as :func:`app.services.interventions.answers.answer`; a
    refusal is JSON too: ``error``, a sentence.
    """

    def route(path: str, method: str, answer: Answer) -> Route:
        @with_refusals
        async def endpoint(request: Request) -> Response:
            workplace = (await run_in_threadpool(get_workplace)).of(actor_of(request))
            return JSONResponse(await answer(workplace, request))

        return Route(path, endpoint, methods=[method])

    return [
        route(f"{ROUTE}/{{case}}/{{frame:int}}", "POST", _new),
        route(f"{ROUTE}/{{id}}", "GET", _known),
        route(f"{ROUTE}/{{id}}/cancel", "POST", _cancelled),
    ]


async def _new(workplace: Workplace, request: Request) -> dict[str, Any]:
    document = await read_object(request, most=MOST, too_long=TOO_LONG)
    case, frame = request.path_params["case"], request.path_params["frame"]
    one = await run_in_threadpool(
        lambda: asking.request_sent(workplace, case, frame=frame, document=document)
    )
    return await _answered(workplace, one, MOMENT)


async def _known(workplace: Workplace, request: Request) -> dict[str, Any]:
    one = await run_in_threadpool(asking.result, workplace, request.path_params["id"])
    return await _answered(workplace, one, PATIENCE)


async def _cancelled(workplace: Workplace, request: Request) -> dict[str, Any]:
    one = await run_in_threadpool(asking.cancel, workplace, request.path_params["id"])
    return await run_in_threadpool(answers.answer, workplace, one)


async def _answered(workplace: Workplace, one: Try, seconds: float) -> dict[str, Any]:
    """The answer, or, when it takes longer, where the try stands."""
    end = time.monotonic() + seconds
    while one.is_active and time.monotonic() < end:
        await asyncio.sleep(LOOK_SECONDS)
        one = await run_in_threadpool(asking.result, workplace, one.try_id)
    return await run_in_threadpool(answers.answer, workplace, one)
