"""The frame of a case that a route names."""

from __future__ import annotations

from starlette.requests import Request

from app.domain.errors import NotFound

LARGEST = 2**31 - 1  # number that both databases keep


def place(request: Request) -> tuple[str, int]:
    """The case and the frame of a path.

    Raises:
        NotFound: no file has so many frames.
    """
    case, frame = request.path_params["case"], request.path_params["frame"]
    if frame > LARGEST:
        raise NotFound("This file has no such frame. Choose another.")
    return case, frame
