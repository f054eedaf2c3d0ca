from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from app.runtime import checker
from app.runtime.checker import Checker


class Work:
    """Checks that last until they are let go."""

    def __init__(self) -> None:
        self.waiting = ["first", "second"]
        self.begun: list[str] = []
        self.go = threading.Event()

    def claim(self, workplace: object) -> tuple[Any, Any] | None:
        return (SimpleNamespace(job_id=self.waiting.pop(0)), None) if self.waiting else None

    def run(self, workplace: object, job: Any, request: object, *, stop: object) -> None:
        self.begun.append(job.job_id)
        self.go.wait(20)
        if job.job_id == "first":
            raise OSError("the store is gone")


def test_one_check_is_at_work_at_a_time_and_a_failure_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = Work()
    monkeypatch.setattr(checker, "check_run", work)
    monkeypatch.setattr(checker, "LOOK_SECONDS", 0.0)
    hand = Checker(None, stop=lambda: False)  # type: ignore[arg-type]
    hand.look()
    hand.look()
    assert work.waiting == ["second"]
    work.go.set()
    hand.wait(20)
    hand.look()
    hand.wait(20)
    assert work.begun == ["first", "second"]
