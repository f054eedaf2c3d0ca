"""The door for programs: each request names a token, and no cookie counts."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from app.domain.actors import Actor
from app.server.entrance import Visitor
from app.services.accounts import api_tokens
from app.services.workplace import Workplace

WHOSE = {"WWW-Authenticate": "Bearer"}
UNKNOWN = (
    "This takes a token: “Authorization: Bearer TOKEN”. Make one with: python -m app tokens add "
    "TITLE"
)


class ProgramsDoor:
    """Knows programs by ``Authorization: Bearer TOKEN``, each as often as it may ask."""

    def __init__(
        self, get_workplace: Callable[[], Workplace], *, local: Actor, rates: Rates
    ) -> None:
        """
        Args:
            get_workplace: where tokens are kept.
            local: in whose name programs come where there are no accounts.
            rates: how often each may ask.
        """
        self._get_workplace = get_workplace
        self._local = local
        self._rates = rates

    async def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Whose token it is; nobody's is as good as none."""
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token or connection.scope["type"] != "http":
            return None
        found = await run_in_threadpool(
            lambda: api_tokens.whose(self._get_workplace(), token.strip(), local=self._local)
        )
        return None if found is None else Visitor(*found)

    async def page(self, request: Request, visitor: Visitor | None) -> Response | None:
        """The answer to a program that asks too often, or is unknown."""
        if visitor is None:
            return await self.refusal(request)
        wait = self._rates.wait(visitor.session)
        if wait <= 0:
            return None
        sentence = f"This token asks too often. Wait {math.ceil(wait)} s, and ask less."
        return JSONResponse({"error": sentence}, 429, {"Retry-After": str(math.ceil(wait))})

    async def refusal(self, request: Request) -> Response:
        """As every other request without a token."""
        return JSONResponse({"error": UNKNOWN}, 401, WHOSE)


class Rates:
    """How often each token may ask: a bucket that fills evenly and holds some for a burst."""

    def __init__(
        self, a_minute: int, *, burst: int = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            a_minute: requests that a token may make in the long run.
            burst: requests that it may make at once.
            clock: seconds.
        """
        self._a_second = a_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}  # requests, and when that was so

    def wait(self, token_id: str) -> float:
        """Count one request; seconds until it may be made, 0 where that is now."""
        with self._lock:
            now = self._clock()
            left, since = self._left.get(token_id, (self._burst, now))
            left = min(self._burst, left + (now - since) * self._a_second)
            if left < 1:
                return (1 - left) / self._a_second
            self._left[token_id] = (left - 1, now)
            return 0.0
