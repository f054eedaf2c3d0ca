"""The worker goes on while a model learns."""

from __future__ import annotations

import threading

import pytest

from app.domain.actors import Actor
from app.domain.jobs import Job
from app.domain.proposals import LearningRequest
from app.runtime import learner
from app.runtime.learner import Learner

REQUEST = LearningRequest(Actor("Reader One"))


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the jobs that were begun, with jobs "j1" and "j2" waiting."""
    waiting, names = ["j1", "j2"], []

    def claim(workplace: object) -> tuple[object, LearningRequest] | None:
        return (_job(waiting.pop(0)), REQUEST) if waiting else None

    monkeypatch.setattr(learner.learning_run, "claim", claim)
    monkeypatch.setattr(learner, "LOOK_SECONDS", 0.0)
    return names


def _job(name: str) -> Job:
    return Job(**{f: None for f in Job.__dataclass_fields__} | {"job_id": name})  # type: ignore[arg-type]


def test_looking_returns_at_once_and_a_second_job_waits_for_the_first(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def run(workplace: object, job: Job, request: object, *, stop: object) -> None:
        begun.append(job.job_id)
        go_on.wait(30)

    monkeypatch.setattr(learner.learning_run, "run", run)
    hand = Learner(None, stop=lambda: False)  # type: ignore[arg-type]
    hand.look()
    hand.look()
    assert begun == ["j1"] or not begun
    go_on.set()
    hand.wait(30)
    hand.look()
    hand.wait(30)
    assert begun == ["j1", "j2"]


def test_a_store_that_is_gone_does_not_take_the_worker_with_it(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(workplace: object, job: Job, request: object, *, stop: object) -> None:
        begun.append(job.job_id)
        raise OSError("gone")

    monkeypatch.setattr(learner.learning_run, "run", run)
    hand = Learner(None, stop=lambda: False)  # type: ignore[arg-type]
    for _ in range(2):
        hand.look()
        hand.wait(30)
    assert begun == ["j1", "j2"]
