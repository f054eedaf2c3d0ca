"""In front of every route: whose name the browser asked for, and what it may do with the answer."""

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


class Guard:
    """ASGI middleware, plain so that the websocket passes through it too.

    A page of another site can make a browser ask this server under a name of that site's choosing
    (DNS rebinding); so a Host that is not ours is turned away, before Streamlit sees anything.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] | None) -> None:
        """Set up.

        Args:
            hosts: names that are answered; None answers all, where a proxy decides.
        """
        self.app = app
        self.hosts = None if hosts is None else frozenset(name.lower() for name in hosts)
        self.policy = content_security_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or turn away."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if not self.is_ours(Headers(scope=scope).get("host", "")):
            await self._turn_away(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def is_ours(self, host: str) -> bool:
        """Is this Host header one of our names, whatever its port?"""
        if self.hosts is None:
            return True
        name = re.sub(r":\d+$", "", host.strip().lower())
        return name in self.hosts

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = PlainTextResponse(
            "This server does not answer under that name. Open it as http://localhost.\n", 421
        )
        await answer(scope, receive, send)

    def _add_headers(self, headers: MutableHeaders, path: str) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Security-Policy"] = self.policy
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if path.startswith("/api/viewer/"):
            headers["Cache-Control"] = _FOREVER
        elif path.startswith(("/api/", "/media/")):
            # Films and heatmaps are not to lie in a browser's cache on disk.
            headers["Cache-Control"] = "no-store"


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
