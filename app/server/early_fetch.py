"""The page of a case names the image and the room's script, so that a browser fetches them while
the page itself still starts: by then they would be asked for last of all."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.viewer.assets import viewer_assets

_CASE = re.compile(r"[0-9a-f]{1,32}")


class EarlyFetch:
    """ASGI middleware, behind the entrance: the header ``Link`` (RFC 8288) of a case's page.

    It tells nothing that is not in the address, and what the browser then asks for is answered, or
    not, as ever.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ever; on a case's page, with the header."""
        case = _case_of(scope)
        if case is None:
            await self.app(scope, receive, send)
            return

        async def send_with_links(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message).append("Link", links(case))
            await send(message)

        await self.app(scope, receive, send_with_links)


def links(case: str) -> str:
    """The header's value: the first frame as the room will ask for it, and the room's script."""
    script = viewer_assets().address("room.js")
    image = f"</api/pixels/{case}/0>; rel=preload; as=fetch; crossorigin"
    return f"{image}, <{script}>; rel=modulepreload"


def _case_of(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
        return None
    cases = parse_qs(scope["query_string"].decode("latin-1")).get("case", [])
    return cases[0] if len(cases) == 1 and _CASE.fullmatch(cases[0]) else None
