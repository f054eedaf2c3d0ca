"""What a browser sends as JSON: read up to a limit, and only what every database can keep."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from app.server.refusals import NotUnderstood, TooLong

Sent = dict[str, Any]
AGAIN = "This request is not understood. Reload the page."


async def read_object(request: Request, *, most: int, too_long: str) -> Sent:
    """The object that is a request's body; an empty one where there is none.

    Args:
        request: whose body is still to come.
        most: bytes.
        too_long: what is said of more.

    Raises:
        TooLong: there are more bytes.
        NotUnderstood: it is no object, or nothing that can be kept.
        ClientDisconnect: the browser went away.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLong(too_long)
    try:
        document = json.loads(body or b"{}")
        written = json.dumps(document, ensure_ascii=False, allow_nan=False)
        written.encode()  # no database keeps one half of a surrogate pair
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(AGAIN) from error
    # PostgreSQL keeps no NUL in a text.
    if not isinstance(document, dict) or "\\u0000" in written:
        raise NotUnderstood(AGAIN)
    return document
