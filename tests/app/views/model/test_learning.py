"""Learning from judgements, as the page shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.services.editing import learning
from app.services.workplace import Workplace
from app.views.model.learning import judgements_text
from app.views.shared.program_progress import job_text
from tests.app.services.editing.conftest import judge
from tests.app.views.screen import Screen


def test_without_judgements_or_data_the_page_says_what_to_do(
    parent: BundleInfo, screen: Screen
) -> None:
    screen.open("model")
    assert "No prototype of this model was judged yet." in screen.text
    assert "DPROTONET_TRAINING_DATA" in screen.text
    assert screen.buttons("Let it learn")[0].disabled


def test_judgements_are_counted_by_prototype() -> None:
    said = {"p01": {"artefact": 3, "unsure": 1}, "p02": {"useful": 1}}
    assert judgements_text({}, "concept") == "No concept of this model was judged yet."
    assert judgements_text(said, "prototype") == (
        "Judged so far: p01: artefact on 3 cases, unsure on 1 case; p02: useful on 1 case."
    )


def test_a_job_is_begun_shown_and_cancelled(
    parent: BundleInfo,
    screen: Screen,
    workplace: Workplace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge(workplace, parent)
    with_data = replace(workplace, settings=replace(workplace.settings, training_data=tmp_path))
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: with_data)
    screen.open("model")
    screen.press("Let it learn")
    job = learning.state(with_data, parent.digest).job
    assert job is not None and job.state == "waiting"
    assert job_text(job, "Learning") == "Learning: waiting for the worker…"
    screen.press("Cancel")
    job = learning.state(with_data, parent.digest).job
    assert job is not None and job.state == "cancelled"
    assert screen.run().buttons("Let it learn")


def test_why_a_job_failed_is_shown(
    parent: BundleInfo, screen: Screen, workplace: Workplace, tmp_path: Path
) -> None:
    judge(workplace, parent)
    with_data = replace(workplace, settings=replace(workplace.settings, training_data=tmp_path))
    job = learning.start(with_data.of(workplace.actor), parent.digest)
    with workplace.store.write() as tx:
        tx.jobs.finish(job.job_id, state="failed", now=workplace.clock(), message="No data.")
    assert "No data." in screen.open("model").errors


def test_a_job_that_is_asked_to_stop_says_so(workplace: Workplace, parent: BundleInfo) -> None:
    judge(workplace, parent)
    settings = replace(workplace.settings, training_data=workplace.settings.data)
    job = learning.start(replace(workplace, settings=settings), parent.digest)
    running = replace(job, state="running")
    assert job_text(running, "Learning") == "Learning…"
    assert job_text(replace(running, cancel_requested=True), "Learning") == "Learning: stopping…"
