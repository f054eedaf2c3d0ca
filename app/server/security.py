"""In front of every route: checks Host and Origin, and sets the headers of every answer."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_FOREVER = "private, max-age=31536000, immutable"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Streamlit's own routes that nothing uses here. The one for uploads keeps any number of files in
# memory; the one for pictures and downloads gives a file to whoever knows its address, whatever
# their roles; figures of the server and the sign-in are routes of our own.
PROGRAMS = "/api/v1/"
"""Routes at which a token is asked for at every request."""
CLOSED = (
    "/_stcore/upload_file",
    "/media/",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/agent/",
    "/auth/",
    "/oauth2callback",
    "/app/static/",
)


class Guard:
    """ASGI middleware, plain so that the websocket passes through it too.

    A page of another site can make a browser ask this server under a name of that site's choosing
    (DNS rebinding); so a Host that is not ours is turned away, before Streamlit sees anything. It
    can also ask under our name, and another program's page on another port of this machine can:
    browsers say so in Origin and Sec-Fetch-Site, and both are checked.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: Iterable[str] | None, behind_proxy: bool = False
    ) -> None:
        """Set up.

        Args:
            hosts: names that are answered; None answers all, where a proxy decides.
            behind_proxy: the browser may have come by https although we are asked by http. The
                proxy must hand on the Host that the browser named.
        """
        self.app = app
        self.hosts = None if hosts is None else frozenset(name.lower() for name in hosts)
        self.behind_proxy = behind_proxy
        self.policy = content_security_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or turn away."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is not None:
            await _turn_away(refusal, scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._add_headers(headers, scope["path"], message["status"])
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def is_ours(self, host: str) -> bool:
        """Is this Host header one of our names, whatever its port?"""
        if self.hosts is None:
            return True
        name = re.sub(r":\d+$", "", host.strip(" \t").lower())
        return name in self.hosts

    def is_from_our_page(self, scope: Scope, headers: Headers) -> bool:
        """Did one of our own pages ask, or the reader by typing, by a bookmark or by a link?

        An Origin must be ours letter by letter: Streamlit compares in the same way, and for any
        other it would ask a host outside for this machine's address. It must be there for a
        websocket and for whatever changes something: browsers always send it then, and nothing
        else has business there, but for programs on their own routes, where no cookie counts.
        """
        origins = headers.getlist("origin")
        must_say = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if must_say and not origins and not _is_of_a_program(scope):
            return False
        schemes = {"https"} if scope["scheme"] in ("https", "wss") else {"http"}
        if self.behind_proxy:
            schemes = {"http", "https"}
        ours = {f"{scheme}://{headers.get('host', '')}" for scheme in schemes}
        if not ours.issuperset(origins):
            return False
        # Another port of this machine is the same site, but not the same origin.
        sites = set(headers.getlist("sec-fetch-site"))
        return sites <= {"same-origin", "none"} or _is_navigation(scope, headers)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if not self.is_ours(headers.get("host", "")):
            return 421, "This server does not answer to that name. Open it as http://localhost."
        if not self.is_from_our_page(scope, headers):
            return (
                403,
                "This request is not from a page of this program. Open one of its pages.",
            )
        if scope["path"].startswith(CLOSED):
            return 404, "There is nothing here. Upload and download on the pages."
        return None

    def _add_headers(self, headers: MutableHeaders, path: str, status: int) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Security-Policy"] = self.policy
        headers["X-Frame-Options"] = "DENY"
        # Other sites are told nothing. Not "no-referrer": forms would then say "Origin: null".
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if path.startswith("/api/viewer/") and status == 200:
            headers["Cache-Control"] = _FOREVER
        elif path.startswith("/api/"):
            # Images and heatmaps are not to lie in a browser's cache on disk.
            headers["Cache-Control"] = "no-store"


def _is_of_a_program(scope: Scope) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(PROGRAMS)


def _is_navigation(scope: Scope, headers: Headers) -> bool:
    """A link or a bookmark that opens a page of ours in a tab; its sender does not see the page."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and headers.getlist("sec-fetch-mode") == ["navigate"]
        and headers.getlist("sec-fetch-dest") == ["document"]
    )


async def _turn_away(refusal: tuple[int, str], scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    status, sentence = refusal
    await PlainTextResponse(sentence + "\n", status)(scope, receive, send)


def content_security_policy() -> str:
    """As strict as Streamlit's page allows.

    Streamlit sets styles inline (emotion) and makes components' modules from blobs; its one inline
    script is allowed by its hash, read from the installed page.
    """
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    inline = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    )
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: {inline}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
