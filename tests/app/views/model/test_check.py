"""“How does it do here?” on the model page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.domain.jobs import Job
from app.services import jobs
from app.services.checks import check_run, checking, site_choice
from app.services.workplace import Workplace
from app.views.model.check import figures_table, settings_text, slices_table
from app.views.shared.program_progress import job_text
from dprotonet.inference.site_settings import SiteSettings, write_site_settings
from tests.app.services.checks.conftest import site_settings
from tests.app.services.workplaces import active_model
from tests.app.views.screen import Screen

FIGURE = {"value": 0.8, "low": 0.7, "high": 0.9}
RESULTS = {
    "schema": 1,
    "made_by": "Reader One",
    "bundle": {"name": "nih-pneumonia"},
    "data": {"images": 240},
    "card": {"auroc": {"value": 0.9, "low": 0.88, "high": 0.92}},
    "figures": {
        "auroc": FIGURE,
        "accuracy": FIGURE,
        "ece": 0.12,
        "ece_interval": {"value": 0.12, "low": 0.1, "high": 0.14},
        "curves": {"roc": {}, "reliability": []},
    },
    "recalibrated": {"before": {}, "after": {"auroc": FIGURE, "ece": FIGURE}},
    "slices": {
        "rows": [
            {"kind": "view", "group": "AP", "images": 30, "auroc": FIGURE, "accuracy": FIGURE,
             "worse": ["auroc"]}
        ]
    },
    "remarks": ["There are only 240 images: every interval is wide."],
}  # fmt: skip


@pytest.fixture
def info(workplace: Workplace) -> BundleInfo:
    return active_model(workplace)


@pytest.fixture
def folder(workplace: Workplace) -> Path:
    """A labelled folder of which one class has another name."""
    site = workplace.settings.folders[0]
    for name in ("finding", "well"):
        (site / name).mkdir()
    return site


def finished(workplace: Workplace, info: BundleInfo, folder: Path, own: SiteSettings) -> Job:
    """A check that the worker has done."""
    checking.start(workplace, info.digest, folder)
    claimed = check_run.claim(workplace)
    assert claimed is not None
    job = claimed[0]
    place = checking.folder_of(workplace, job.job_id)
    place.mkdir()
    (place / checking.RESULTS).write_text(json.dumps(RESULTS))
    (place / checking.REPORT).write_text("<!doctype html>")
    (place / checking.REPORT_MARKDOWN).write_text("# Report")
    write_site_settings(place / "site_settings.json", own)
    with workplace.store.write() as tx:
        tx.jobs.finish(job.job_id, state="done", now=workplace.clock())
    return job


def test_without_an_allowed_folder_the_page_says_what_to_do(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.batches.folders", lambda workplace: ())
    assert "No server folder is allowed" in screen.open("model").text
    assert "No check yet" in screen.text


def test_a_folder_of_another_name_is_left_out_until_it_is_said_what_it_is(
    page: Screen, workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    page.run()
    assert page.has("The folder “well” is")
    assert not page.has("The folder “finding” is")
    page.choose("The folder “well” is", "none")
    page.press("Check")
    (job,) = checking.newest(workplace, info.digest)
    with workplace.store.read() as tx:
        assert tx.checks.request(job.job_id).names == {"well": "none"}
    assert not page.errors


def test_a_check_that_waits_is_cancelled_on_the_page(
    page: Screen, workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    assert job_text(job, "Checking") == "Checking: waiting for the worker…"
    jobs.cancel(workplace, job.job_id)
    assert page.run().buttons("Check")


def test_why_a_check_failed_is_said(
    page: Screen, workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    with workplace.store.write() as tx:
        tx.jobs.finish(
            job.job_id, state="failed", now=workplace.clock(), message="No image can be read."
        )
    assert page.run().errors == ["No image can be read."]


def test_the_report_is_shown(
    page: Screen, workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    finished(workplace, info, folder, site_settings(info))
    page.run()
    assert "240 images" in page.text and "by Reader One" in page.text
    assert "There are only 240 images: every interval is wide." in page.warnings
    assert "fitted on 240 images" in page.text


def test_the_sites_threshold_is_used_after_a_confirmation_and_no_longer(
    page: Screen, workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    own = site_settings(info)
    finished(workplace, info, folder, own)
    page.run()
    assert page.buttons("Use this site's threshold")[0].disabled
    tick(page, "I have looked at the figures")
    page.press("Use this site's threshold")
    assert site_choice.state(workplace, info.digest).in_use == own
    assert own.stamp.text in page.text
    assert page.buttons("Stop using this site's threshold")[0].disabled
    tick(page, "I want new images to be read with the model's own threshold again")
    page.press("Stop using this site's threshold")
    state = site_choice.state(workplace, info.digest)
    assert state.in_use is None
    assert [step.action for step in state.steps] == ["use", "stop"]


def tick(page: Screen, label: str) -> None:
    next(box for box in page.app.checkbox if box.label.startswith(label)).check()
    page.run()


def test_figures_stand_beside_the_card_and_the_own_calibration() -> None:
    table = figures_table(RESULTS)
    assert list(table.columns) == [
        "Figure",
        "These images",
        "Model card",
        "With own calibration",
    ]
    assert table.iloc[0].tolist() == [
        "AUROC",
        "0.800 [0.700, 0.900]",
        "0.900 [0.880, 0.920]",
        "0.800 [0.700, 0.900]",
    ]
    assert slices_table(RESULTS).iloc[0].tolist()[:2] == ["view AP (worse)", 30]


def test_settings_are_said_in_numbers(info: BundleInfo) -> None:
    assert settings_text(site_settings(info)).startswith(
        "Temperature 1.5, threshold 0.2, fitted on"
    )
    several = site_settings(info, threshold=None, thresholds={"none": 0.5, "finding": 0.25})
    assert "thresholds none 0.5, finding 0.25" in settings_text(several)
