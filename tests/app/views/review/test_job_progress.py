from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from app.views.review.job_progress import job_text

from app.domain.jobs import Job
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.domain.test_explanations import saved
from tests.app.services.workplaces import START
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen


def step(image: Screen, workplace: Workplace, pool: FullPool) -> Screen:
    """The worker does one piece of work, and the page reruns."""
    assert queue.run_next(workplace, pool)
    return image.run()


def test_a_heatmap_that_cannot_be_made_says_why(
    image: Screen, workplace: Workplace, pool: FullPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dprotonet.errors import UnusableBundle

    def refuse(*args: object, **named: object) -> object:
        raise UnusableBundle("The head was altered. Add the model again.")

    monkeypatch.setattr(pool, "explain", refuse)
    image.press("Explain")
    step(image, workplace, pool)
    assert image.errors == ["The head was altered. Add the model again."]
    assert "Heatmaps (0)" in image.text and image.buttons("Explain")


def explaining(**changes: Any) -> Job:
    """A job that computes a heatmap."""
    job = Job(
        job_id="1",
        kind="explain",
        state="running",
        case_id="c",
        frame=0,
        model="m",
        node="class:finding",
        tier="standard",
        progress=0.5,
        message="",
        explanation_id=None,
        attempts=1,
        cancel_requested=False,
        seed=0,
        created_at=START,
        started_at=START,
        finished_at=None,
    )
    return replace(job, **changes)


def test_the_text_over_a_bar_says_what_the_worker_does() -> None:
    assert job_text(explaining(kind="predict", node=None)) == "Reading the image"
    assert job_text(explaining()) == "Explaining Class finding"
    assert job_text(explaining(explanation_id="e")) == "Class finding: refining"
    assert job_text(explaining(tier="instant")) == "Measuring the heatmap of Class finding"


@pytest.mark.parametrize(
    ("current", "text"),
    [
        ({"tier": "draft"}, "Showing the first heatmap; refining"),
        ({"tier": "standard"}, "Refining further"),
        (
            {"tier": "standard", "settings_digest": "of earlier settings"},
            "Showing an earlier heatmap; recomputing",
        ),
    ],
)
def test_beside_a_heatmap_the_text_says_what_will_replace_it(
    current: dict[str, Any], text: str
) -> None:
    assert job_text(explaining(explanation_id="e"), saved(**current)) == text
