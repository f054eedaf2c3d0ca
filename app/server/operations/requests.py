"""Every request has an id, is counted and timed, and can be found in the log."""

from __future__ import annotations

import logging
import time
import uuid
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.operations.metrics import REQUESTS, SECONDS

log = logging.getLogger(__name__)
HEADER = "X-Request-ID"
_current: ContextVar[str] = ContextVar("request", default="")
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Requests:
    """ASGI middleware, outside all others, plain so that a websocket passes through it too.

    The id is ours, not one that a browser names: what it writes would stand in the log. A request
    is called by its route, never by its path or its query, since ids of cases are in them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the id in the header, and count the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = uuid.uuid4().hex[:16]
        token = _current.set(own)
        started, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = own
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            _note(scope, status, time.perf_counter() - started)
            _current.reset(token)


def name_requests() -> None:
    """Give every record of the log the id of the request that is being answered, as ``request``."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(_name_request)


def _name_request(record: logging.LogRecord) -> bool:
    record.request = _current.get()
    return True


def route_of(scope: Scope) -> str:
    """The route of a request: the path with names in the place of what is looked up by it.

    Streamlit's own paths, and those that nobody answers, are one each: a stranger cannot make ever
    more of them.
    """
    path = str(scope["path"])
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(f"/{value}", f"/{{{name}}}", 1)
    if "endpoint" in scope and path.startswith(("/api/", "/healthz", "/readyz", "/metrics")):
        return path
    first = path.split("/")[1]
    return f"/{first}/…" if first in ("_stcore", "static", "media") else "page"


def _note(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = route_of(scope)
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    level = logging.WARNING if status >= 500 else logging.INFO
    if status >= 400 or route.startswith("/api/"):
        log.log(level, "%s %s %d in %.0f ms", method, route, status, 1000 * seconds)
