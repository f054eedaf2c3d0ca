"""An error that a reader can read, as a route answers it: JSON with ``error``, a sentence."""

from __future__ import annotations

from starlette.responses import JSONResponse

from app.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from dprotonet.errors import ReadableError

STATUS: tuple[tuple[type[ReadableError], int], ...] = (
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Unavailable, 503),
    (ReadableError, 422),
)
"""The first kind that an error is of counts."""


def refusal(error: ReadableError) -> JSONResponse:
    """The sentence under the status of its kind."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    return JSONResponse({"error": str(error)}, status)
