"""How far a long loop has come, on a terminal; nothing where the output goes to a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def shown(things: Iterable[T], total: int, what: str, unit: str = "film") -> Iterable[T]:
    """The same things, with a bar on standard error while they last."""
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(things, total=total, desc=what, unit=unit, disable=None, leave=False)
    return bar
