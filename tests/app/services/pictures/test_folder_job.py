"""A folder is looked through by the worker: asked for, cancelled, ended with the program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.domain.jobs import Job
from app.services import jobs
from app.services.inference import queue
from app.services.pictures import attach, folder_job
from app.services.pictures.attach import Attached
from app.services.pictures.folder_job import compared_text
from app.services.workplace import Workplace
from app.store.programs.attach_jobs import STOPPED
from tests.app.services.pictures.bare_models import DIGEST, FILES
from tests.app.services.workplaces import png


@pytest.fixture
def folder(workplace: Workplace) -> Path:
    """One of the two images that are wanted, among 30 others."""
    root = workplace.settings.folders[0]
    for number in range(30):
        (root / f"a{number:02}.png").write_bytes(png(number, level=10))
    (root / "film_1.png").write_bytes(FILES["film_1"])
    return root


def run_next(workplace: Workplace, *, stop: bool = False) -> Job:
    """Do the search that waits; its row when it is over."""
    claimed = folder_job.claim(workplace)
    assert claimed is not None
    folder_job.run(workplace, *claimed, stop=lambda: stop)
    return jobs.get(workplace, claimed[0].job_id)


def test_what_is_found_is_kept_and_what_was_compared_is_said(
    workplace: Workplace, folder: Path
) -> None:
    asked = folder_job.start(workplace, DIGEST, folder)
    assert folder_job.start(workplace, DIGEST, folder) == asked
    job = run_next(workplace)
    assert (job.state, job.message, job.progress) == ("done", "31 files compared.", 1.0)
    assert attach.state(workplace, DIGEST).found == 1
    assert folder_job.newest(workplace, DIGEST) == job
    assert folder_job.claim(workplace) is None


def test_a_search_says_how_far_it_is(
    workplace: Workplace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_job, "STEP_SECONDS", 0.0)  # a file a step
    folder_job.start(workplace, DIGEST, folder)
    claimed = folder_job.claim(workplace)
    assert claimed is not None
    seen: list[float] = []

    def look() -> bool:
        seen.append(jobs.get(workplace, claimed[0].job_id).progress)
        return False

    folder_job.run(workplace, *claimed, stop=look)
    assert seen == sorted(seen) and seen[0] == 0.0
    assert pytest.approx(15 / 31) in seen


def test_a_search_that_is_cancelled_ends_and_what_was_found_stays(
    workplace: Workplace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_job, "STEP_SECONDS", 0.0)
    folder_job.start(workplace, DIGEST, folder)
    claimed = folder_job.claim(workplace)
    assert claimed is not None
    job, asked = claimed

    def cancel_once_found() -> bool:
        if attach.state(workplace, DIGEST).found:
            jobs.cancel(workplace, job.job_id)
        return False

    folder_job.run(workplace, job, asked, stop=cancel_once_found)
    over = jobs.get(workplace, job.job_id)
    assert (over.state, over.message) == ("cancelled", "Cancelled.")
    assert 0.0 < over.progress < 1.0 and attach.state(workplace, DIGEST).found == 1


def test_a_search_ends_with_the_worker_and_is_not_begun_again_by_itself(
    workplace: Workplace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_job, "STEP_SECONDS", 0.0)
    folder_job.start(workplace, DIGEST, folder)
    left = run_next(workplace, stop=True)
    assert (left.state, left.message) == ("cancelled", STOPPED)
    folder_job.start(workplace, DIGEST, folder)
    assert folder_job.claim(workplace) is not None  # and its worker dies
    queue.begin(workplace)
    died = folder_job.newest(workplace, DIGEST)
    assert died is not None and (died.state, died.message) == ("failed", STOPPED)


def test_a_folder_that_may_not_be_read_is_refused_when_asked_and_when_begun(
    workplace: Workplace, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(Refused):
        folder_job.start(workplace, DIGEST, tmp_path / "elsewhere")
    folder_job.start(workplace, DIGEST, folder)
    settings = replace(workplace.settings, folders=())
    job = run_next(replace(workplace, settings=settings))
    assert job.state == "failed" and "may not be read" in job.message


def test_files_that_are_needed_and_could_not_be_used_are_named() -> None:
    problems = tuple(f"film_{n}: This file is damaged." for n in range(5))
    assert compared_text(Attached(0, 9, 1200, problems=problems[:1])) == (
        "1,200 files compared. film_0: This file is damaged."
    )
    assert "film_2" in compared_text(Attached(0, 9, 1, problems=problems))
    assert "film_3" not in compared_text(Attached(0, 9, 1, problems=problems))
