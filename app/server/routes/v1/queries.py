"""What a program asks for in a query, and a page of a list as it is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from starlette.requests import Request

from app.domain.errors import Refused

Row_co = TypeVar("Row_co", covariant=True)


class Page(Protocol[Row_co]):
    """Some rows of a list."""

    @property
    def rows(self) -> Sequence[Row_co]:
        """In their order."""

    @property
    def total(self) -> int:
        """Of all pages."""

    @property
    def page(self) -> int:
        """Counted from 0."""

    @property
    def size(self) -> int:
        """Most rows of one."""


def page_asked(request: Request) -> dict[str, int]:
    """Which page of a list the query asks for: page and size.

    Raises:
        Refused: one of them is no number, or out of bounds.
    """
    return {
        "size": number(request, "size", 50, least=1, most=200),
        "page": number(request, "page", 0, least=0, most=10**6),
    }


def page_of(found: Page[Row_co], about: Callable[[Row_co], dict[str, Any]]) -> dict[str, Any]:
    """A page as it is answered.

    Args:
        found: the page.
        about: what is said of a row.
    """
    return {
        "items": [about(row) for row in found.rows],
        "total": found.total,
        "page": found.page,
        "size": found.size,
    }


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
