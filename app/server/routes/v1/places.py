"""What a program names in an address: a case, its frame, a page."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from app.domain.errors import NotFound, Refused

LARGEST = 2**31 - 1  # number that both databases keep


def place(request: Request) -> tuple[str, int]:
    """The case and the frame of a path.

    Raises:
        NotFound: no file has so many frames.
    """
    frame = request.path_params["frame"]
    if frame > LARGEST:
        raise NotFound("This file has no such frame. Frames are counted from 0.")
    return request.path_params["case"], frame


def number(request: Request, name: str, usual: int, *, least: int, most: int) -> int:
    """A whole number of the query.

    Raises:
        Refused: it is none, or out of bounds.
    """
    text = request.query_params.get(name)
    if text is None:
        return usual
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not least <= value <= most:
        raise Refused(f"“{name}” is a whole number from {least} to {most}. Give another one.")
    return value


def one_of(request: Request, name: str, choices: Sequence[str]) -> str | None:
    """A word of the query; None where there is none.

    Raises:
        Refused: it is none of the choices.
    """
    text = request.query_params.get(name)
    if text is not None and text not in choices:
        raise Refused(f"“{name}” is one of: {', '.join(choices)}. Give another one.")
    return text
