"""One request to an ASGI application, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import ASGIApp, Message

Answer = tuple[int, dict[str, str], bytes]


def ask(
    app: ASGIApp,
    path: str,
    host: str = "localhost:8501",
    kind: str = "http",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: Iterable[bytes | None] = (b"",),
    scheme: str = "http",
    query: str = "",
) -> Answer:
    """Status (or code of a closed websocket), headers and body of the answer.

    A body is sent piece by piece; None in it means that the browser goes away.
    """
    sent: list[Message] = []
    pieces = [*body]
    asked = iter(enumerate(pieces, start=1))

    async def receive() -> Message:
        for number, piece in asked:
            if piece is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(message: Message) -> None:
        sent.append(message)

    named = headers.items() if isinstance(headers, Mapping) else headers
    scope = {
        "type": kind,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", host.encode()), *((k.encode(), v.encode()) for k, v in named)],
        "http_version": "1.1",
        "scheme": scheme,
        "server": ("127.0.0.1", 8501),
    }
    if kind == "http":
        scope["method"] = method
    run_apart(app(scope, receive, send))
    if sent[0]["type"] != "http.response.start":
        return int(sent[0].get("code", 0)), {}, b""
    given = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], given, b"".join(m.get("body", b"") for m in sent[1:])


def run_apart(work: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine in a thread: Playwright leaves an event loop in that of the tests."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()
