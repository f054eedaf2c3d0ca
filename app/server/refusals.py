"""How a route answers what it cannot do: JSON with ``error``, a sentence for the reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from dprotonet.errors import ReadableError

Endpoint = Callable[[Request], Awaitable[Response]]
Statuses = tuple[tuple[type[ReadableError], int], ...]
"""The first kind that an error is of counts."""


class NotUnderstood(ReadableError):
    """A request whose body is none of ours, or nothing that can be kept."""


class TooLong(ReadableError):
    """A request whose body is longer than any of ours."""


STATUSES: Statuses = (
    (NotUnderstood, 400),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooLong, 413),
    (Unavailable, 503),
    (ReadableError, 422),
)


def refusal(error: ReadableError, own: Statuses = (), **more: object) -> JSONResponse:
    """The sentence under the status of its kind.

    Args:
        error: what cannot be done.
        own: statuses of a route's own, which come first.
        **more: what the page is told besides.
    """
    status = next(status for kind, status in (*own, *STATUSES) if isinstance(error, kind))
    return JSONResponse({"error": str(error), **more}, status)


def with_refusals(endpoint: Endpoint) -> Endpoint:
    """The endpoint of a route, which answers what its own work raises."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except ReadableError as error:
            return refusal(error)

    return answered
