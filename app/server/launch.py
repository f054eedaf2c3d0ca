"""One reader at this machine, without accounts: who has the launch token is that reader.

Another user of the machine can reach the port, but reads neither the terminal nor the data folder.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from app.domain.actors import Actor
from app.server.entrance import Visitor
from app.server.plain_pages import page
from app.server.signed_cookie import SignedCookie
from app.services.accounts.identity import LOCAL
from dprotonet.atomic_files import write_private

PARAMETER = "token"
LIFE = 30 * 24 * 3600
"""Seconds for which a browser that had the token is let in, over restarts too."""


class LaunchDoor:
    """Lets in a browser that came once with the token, and programs that send it."""

    def __init__(self, token: str, *, cookie: SignedCookie, actor: Actor) -> None:
        self.cookie = cookie
        self.actor = actor
        self._digest = _digest(token)

    async def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """The local reader, by the cookie or by ``Authorization: Bearer TOKEN``."""
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        known = kind.lower() == "bearer" and self._is_right(token)
        if known or self.cookie.read(connection) == LOCAL:
            return Visitor(LOCAL, self.actor)
        return None

    async def page(self, request: Request, visitor: Visitor | None) -> Response | None:
        """For an address with the token: the same address without it, and the cookie."""
        token = request.query_params.get(PARAMETER)
        if token is None or request.method != "GET" or not self._is_right(token):
            return None
        rest = [pair for pair in request.query_params.multi_items() if pair[0] != PARAMETER]
        # One slash: two would be the address of another host.
        target = "/" + request.url.path.lstrip("/\\")
        answer = RedirectResponse(f"{target}?{urlencode(rest)}" if rest else target, 303)
        name, value = self.cookie.set(LOCAL, secure=request.url.scheme == "https")
        answer.headers[name] = value
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def refusal(self, request: Request) -> Response:
        """Where the token is."""
        return page(
            "Open the address from the terminal",
            "<p>Only the person who started this program can open it. When it starts, it prints "
            "<code>DProtoNet Review:</code> and its address with a token. Open that address once "
            "in this browser.</p>",
            "<p>The same address is in the file <code>address.txt</code> in the program's data "
            "folder, which only that person can read. Each start makes a new token.</p>",
            status=401,
        )

    def _is_right(self, token: str) -> bool:
        return hmac.compare_digest(self._digest, _digest(token))


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(24)


def address_with(token: str, *, port: int, host: str = "localhost") -> str:
    """The address that lets in."""
    return f"http://{host}:{port}/?{urlencode({PARAMETER: token})}"


@contextmanager
def written_address(path: Path, address: str) -> Iterator[None]:
    """While the server runs the address stands in this file, readable by its owner alone."""
    new = path.with_suffix(".new")
    with suppress(FileNotFoundError):
        new.unlink()
    write_private(new, f"{address}\n".encode("ascii"))
    new.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
