"""Behind the guard and in front of every route: nobody passes whom the program does not know.

A door says who somebody is; which door there is depends on how the program was started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.actors import NOBODY, Actor
from app.domain.errors import Unavailable
from app.server.plain_pages import again, page, paragraph
from app.server.refusals import refusal

OPEN = frozenset({"/healthz", "/readyz", "/metrics", "/_stcore/health"})
"""Routes for everybody: they say that the server runs, and nothing else."""
HEADER = "X-Reader"
"""Streamlit reads from it who opened the websocket. What a browser sends under this name is
removed."""
_ACTOR = "actor"  # in the scope
LATER = 1013  # code of a websocket that may be opened again later (RFC 6455, registry of codes)
NOBODY_HERE = "You are not signed in. Open the program's first page."


@dataclass(frozen=True)
class Visitor:
    """Somebody whom the door knows."""

    session: str
    """How the pages ask again who it is; no secret, letters and digits."""
    actor: Actor


def actor_of(connection: HTTPConnection) -> Actor:
    """Whom the entrance let in; nobody, where there is no entrance."""
    actor = connection.scope.get(_ACTOR)
    return actor if isinstance(actor, Actor) else NOBODY


class Door(Protocol):
    """A way to become known."""

    async def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Who asks; None: nobody whom the door knows."""

    async def page(self, request: Request, visitor: Visitor | None) -> Response | None:
        """The door's own answer, if the request is for one of its pages."""

    async def refusal(self, request: Request) -> Response:
        """What nobody gets who opens a page."""


class Entrance:
    """ASGI middleware, plain so that the websocket passes through it too."""

    def __init__(
        self, app: ASGIApp, *, door: Door, others: Mapping[str, Door] | None = None
    ) -> None:
        """
        Args:
            app: what lies behind.
            door: of people.
            others: doors by the beginning of the paths that they alone stand before.
        """
        self.app = app
        self.door = door
        self.others = dict(others or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass, or answer in the program's place."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        mark = HEADER.lower().encode()
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != mark]
        scope = {**scope, "headers": headers}
        if scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        path = scope["path"]
        door = next(
            (own for start, own in self.others.items() if path.startswith(start)), self.door
        )
        answer = None
        try:
            visitor = await door.visitor(connection)
            if scope["type"] == "http":
                answer = await _answer(door, Request(scope, receive), visitor)
        except Unavailable as error:
            await _answer_later(error, scope, receive, send)
            return
        if scope["type"] == "websocket" and visitor is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        if answer is not None:
            await answer(scope, receive, send)
            return
        if visitor is not None:
            scope["headers"] = [*headers, (mark, visitor.session.encode("ascii"))]
            scope[_ACTOR] = visitor.actor
        if visitor is not None and scope["type"] == "websocket":
            receive = self._from(visitor, connection, receive, send)
        await self.app(scope, receive, send)

    def _from(
        self, visitor: Visitor, connection: HTTPConnection, receive: Receive, send: Send
    ) -> Receive:
        """What the visitor sends, as long as the door knows them.

        A page stays open for hours, and what a press does is decided before the page is drawn
        anew: so the door is asked at every message.
        """

        async def checked() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            try:
                code = 1008 if await self.door.visitor(connection) != visitor else None
            except Unavailable:
                code = LATER
            if code is None:
                return message
            await send({"type": "websocket.close", "code": code})
            return {"type": "websocket.disconnect", "code": code}

        return checked


async def _answer(door: Door, request: Request, visitor: Visitor | None) -> Response | None:
    own = await door.page(request, visitor)
    if own is not None or visitor is not None:
        return own
    if not _opens_a_page(request):
        return JSONResponse({"error": NOBODY_HERE}, 401)
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        # A link on another site: the browser keeps the cookie back. Our own page, once it
        # is open, asks again with it.
        return again()
    return await door.refusal(request)


async def _answer_later(error: Unavailable, scope: Scope, receive: Receive, send: Send) -> None:
    """Who asks cannot be said now: the store is gone. The page connects again by itself."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": LATER})
        return
    answer: Response = refusal(error)
    if _opens_a_page(Request(scope, receive)):
        answer = page("Not available", paragraph(str(error)), status=503)
    await answer(scope, receive, send)


def _opens_a_page(request: Request) -> bool:
    """A browser opens it in a tab; what a page loads for itself says so."""
    if request.method not in ("GET", "HEAD") or request.url.path.startswith("/api/"):
        return False
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate"
