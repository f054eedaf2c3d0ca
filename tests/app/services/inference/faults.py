"""Parts of the store that fail while a test wants them to."""

from __future__ import annotations

from collections.abc import Callable

import pytest


def fail_while(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, when: Callable[[], bool]
) -> list[int]:
    """Let a method of the store fail while a condition holds; the list counts how often."""
    real = getattr(owner, method)
    tries: list[int] = []

    def failing(self: object, *words: object, **more: object) -> object:
        if when():
            tries.append(1)
            raise OSError("the store refuses")
        return real(self, *words, **more)

    monkeypatch.setattr(owner, method, failing)
    return tries
