"""The worker goes on while a program of its own does a job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from app.domain.actors import Actor
from app.domain.errors import Unavailable
from app.domain.jobs import Job
from app.domain.proposals import LearningRequest
from app.runtime import program_runner
from app.runtime.program_runner import ProgramRunner

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REQUEST = LearningRequest(Actor("Reader One"))


class Waiting:
    """Jobs that wait for a hand, and the names of those that were begun."""

    def __init__(self, *names: str) -> None:
        self.names, self.begun = list(names), list[str]()

    def claim(self, workplace: object) -> tuple[Job, LearningRequest] | None:
        return (_job(self.names.pop(0)), REQUEST) if self.names else None


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    monkeypatch.setattr(program_runner, "LOOK_SECONDS", 0.0)
    return Waiting("j1", "j2")


def runner(waiting: Waiting, run: Any, workplace: Any = None) -> ProgramRunner[LearningRequest]:
    return ProgramRunner(workplace, "learn", waiting.claim, run, stop=lambda: False)


class Store:
    """Is away at every second call."""

    def __init__(self) -> None:
        self.calls, self.ended = 0, list[tuple[str, str, datetime, str]]()
        self.jobs = self

    @contextmanager
    def write(self) -> Iterator[Any]:
        self.calls += 1
        if self.calls % 2:
            raise Unavailable("The database cannot be reached.")
        yield self

    def finish(self, job_id: str, *, state: str, now: datetime, message: str) -> None:
        self.ended.append((job_id, state, now, message))


def _job(name: str) -> Job:
    return Job(**{f: None for f in Job.__dataclass_fields__} | {"job_id": name})  # type: ignore[arg-type]


def test_looking_returns_at_once_and_a_second_job_waits_for_the_first(
    waiting: Waiting,
) -> None:
    go_on = threading.Event()

    def run(workplace: object, job: Job, request: object, *, stop: object) -> None:
        waiting.begun.append(job.job_id)
        go_on.wait(30)

    hand = runner(waiting, run)
    hand.look()
    hand.look()
    assert waiting.begun == ["j1"] or not waiting.begun
    assert waiting.names == ["j2"]
    go_on.set()
    hand.wait(30)
    hand.look()
    hand.wait(30)
    assert waiting.begun == ["j1", "j2"]


def test_a_store_that_is_gone_does_not_take_the_worker_with_it(
    waiting: Waiting,
) -> None:
    def run(workplace: object, job: Job, request: object, *, stop: object) -> None:
        waiting.begun.append(job.job_id)
        raise Unavailable("The database cannot be reached.")

    store = Store()
    workplace = SimpleNamespace(store=store, clock=lambda: NOW)
    hand = runner(waiting, run, workplace)
    for _ in range(2):
        hand.look()
        hand.wait(30)
    assert waiting.begun == ["j1", "j2"]
    # Neither runs for ever: once the store is back it says how they ended.
    reason = "The database cannot be reached."
    assert store.ended == [("j1", "failed", NOW, reason), ("j2", "failed", NOW, reason)]


def test_one_job_that_fails_does_not_keep_the_next_from_being_done(waiting: Waiting) -> None:
    go_on = threading.Event()

    def run(workplace: object, job: Job, request: object, *, stop: object) -> None:
        waiting.begun.append(job.job_id)
        go_on.wait(20)
        if job.job_id == "j1":
            raise OSError("the store is gone")

    store = Store()
    hand = runner(waiting, run, SimpleNamespace(store=store, clock=lambda: NOW))
    hand.look()
    hand.look()
    assert waiting.names == ["j2"]
    go_on.set()
    hand.wait(20)
    hand.look()
    hand.wait(20)
    assert waiting.begun == ["j1", "j2"]
    assert [(name, state) for name, state, *_ in store.ended] == [("j1", "failed")]
