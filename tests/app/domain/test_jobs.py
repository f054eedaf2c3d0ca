"""What a job and a batch say of how far they are."""

from datetime import UTC, datetime

import pytest

from app.domain.jobs import BatchProgress, Job, JobState


def job(state: JobState, explanation_id: str | None = None) -> Job:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Job(
        job_id="j",
        kind="explain",
        state=state,
        case_id="c",
        frame=0,
        model="m",
        node="class:finding",
        tier="standard",
        progress=0.0,
        message="",
        explanation_id=explanation_id,
        attempts=0,
        cancel_requested=False,
        seed=0,
        created_at=now,
        started_at=None,
        finished_at=None,
    )


@pytest.mark.parametrize(
    ("state", "is_active"),
    [
        ("waiting", True),
        ("running", True),
        ("done", False),
        ("failed", False),
        ("cancelled", False),
    ],
)
def test_a_job_awaits_its_first_heatmap_while_it_is_active_and_has_none(
    state: JobState, is_active: bool
) -> None:
    assert job(state).is_active == is_active
    assert job(state).awaits_first == is_active
    assert not job(state, explanation_id="e").awaits_first


def test_files_that_neither_wait_nor_run_are_finished() -> None:
    counts = {"waiting": 2, "running": 1, "done": 3, "error": 1, "skipped": 1}
    progress = BatchProgress(job("running"), "images", False, False, total=8, counts=counts)  # type: ignore[arg-type]
    assert progress.finished == 5
