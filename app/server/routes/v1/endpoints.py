"""One table of endpoints, of which both the routes and their description are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.actors import Permission
from app.server.entrance import actor_of
from app.server.refusals import with_refusals
from app.server.routes.json_body import read_object
from app.server.security import PROGRAMS
from app.services.workplace import Workplace

Schema = Mapping[str, Any]
"""JSON Schema, draft 2020-12."""
Sent = dict[str, Any]
Made = Callable[[Workplace, Request, Sent], Any]
"""Answers in a thread, given the body's object: a Response, or what becomes JSON."""
Streamed = Callable[[Workplace, Request], Awaitable[Response]]
"""Answers in the event loop, and reads the body itself."""
MOST_JSON = 64 << 10  # bytes of a request that is no file
TOO_LONG = "This request is too long. Send less."


@dataclass(frozen=True)
class Endpoint:
    """One thing that a program can ask for."""

    method: Literal["GET", "POST"]
    path: str
    """Below /api/v1/, as Starlette writes it: ``cases/{case}/frames/{frame:int}``."""
    does: str
    """One sentence."""
    permission: Permission
    answers: str
    """Name of the schema of its answer, or a media type."""
    made: Made | None = None
    streamed: Streamed | None = None
    """Of those two one."""
    query: Mapping[str, Schema] = field(default_factory=dict)
    takes: str = ""
    """Name of the schema of its body, or a media type; empty for none."""
    statuses: Mapping[int, str] = field(default_factory=lambda: {200: "As asked."})
    """What it answers when all is well."""


def routes_of(endpoints: Sequence[Endpoint], get_workplace: Callable[[], Workplace]) -> list[Route]:
    """The routes; a refusal is JSON, ``error``: a sentence."""
    return [_route(endpoint, get_workplace) for endpoint in endpoints]


def _route(endpoint: Endpoint, get_workplace: Callable[[], Workplace]) -> Route:
    @with_refusals
    async def answered(request: Request) -> Response:
        workplace = (await run_in_threadpool(get_workplace)).of(actor_of(request))
        workplace.actor.check(endpoint.permission)  # before what was sent is looked at
        if endpoint.streamed is not None:
            return await endpoint.streamed(workplace, request)
        sent: Sent = {}
        if endpoint.takes:
            sent = await read_object(request, most=MOST_JSON, too_long=TOO_LONG)
        assert endpoint.made is not None
        said = await run_in_threadpool(endpoint.made, workplace, request, sent)
        return said if isinstance(said, Response) else JSONResponse(said)

    return Route(f"{PROGRAMS}{endpoint.path}", answered, methods=[endpoint.method])
