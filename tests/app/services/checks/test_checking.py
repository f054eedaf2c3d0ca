from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound, Refused
from app.services import jobs
from app.services.checks import check_run, checking
from app.services.workplace import Workplace
from dprotonet.inference.site_settings import SiteSettings, write_site_settings


@pytest.fixture
def folder(workplace: Workplace) -> Path:
    """A labelled folder that the settings allow."""
    site = workplace.settings.folders[0] / "site"
    for name in ("well", "finding"):
        (site / name).mkdir(parents=True)
    return site


def test_only_an_allowed_folder_is_checked(
    workplace: Workplace, info: BundleInfo, folder: Path, tmp_path: Path
) -> None:
    for wrong in (tmp_path, folder / ".." / "..", folder / "nowhere"):
        with pytest.raises(Refused, match="may not be read"):
            checking.start(workplace, info.digest, wrong)
    assert checking.start(workplace, info.digest, folder).state == "waiting"


def test_the_same_check_is_queued_once_and_another_mapping_is_another(
    workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    first = checking.start(workplace, info.digest, folder)
    assert checking.start(workplace, info.digest, folder).job_id == first.job_id
    other = checking.start(workplace, info.digest, folder, names={"well": "none"})
    assert other.job_id != first.job_id


def test_the_class_folders_are_listed_and_a_table_comes_first(
    workplace: Workplace, folder: Path
) -> None:
    assert checking.class_names(workplace, folder) == ("finding", "well")
    (folder / checking.TABLE).write_text("file,label,patient\n")
    assert checking.class_names(workplace, folder) == ()


def test_the_worker_takes_checks_one_at_a_time(
    workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    assert check_run.claim(workplace) is None
    job = checking.start(workplace, info.digest, folder, names={"well": "none"})
    checking.start(workplace, info.digest, folder)
    claimed = check_run.claim(workplace)
    assert claimed is not None
    assert claimed[0].job_id == job.job_id
    assert claimed[1].names == {"well": "none"}
    assert claimed[1].by == workplace.reader
    assert check_run.claim(workplace) is None


def test_a_report_is_found_by_the_id_of_a_check_alone(
    workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    with pytest.raises(NotFound, match="is gone"):
        checking.report(workplace, job.job_id)
    place = checking.folder_of(workplace, job.job_id)
    place.mkdir()
    (place / checking.REPORT).write_bytes(b"<!doctype html>")
    (place / checking.RESULTS).write_text(json.dumps({"schema": 1, "remarks": []}))
    assert checking.report(workplace, job.job_id) == b"<!doctype html>"
    assert checking.results(workplace, job.job_id)["remarks"] == []
    for wrong in ("nowhere", "../data"):
        with pytest.raises(NotFound, match="no longer exists"):
            checking.report(workplace, wrong)


def test_figures_of_a_later_version_are_refused(
    workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    place = checking.folder_of(workplace, job.job_id)
    place.mkdir()
    for text in ('{"schema": 2}', "[]", "no JSON"):
        (place / checking.RESULTS).write_text(text)
        with pytest.raises(NotFound, match="cannot be read"):
            checking.results(workplace, job.job_id)


def test_the_settings_of_a_check_are_had_or_not(
    workplace: Workplace, info: BundleInfo, own: SiteSettings, folder: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    assert checking.settings(workplace, job.job_id) is None
    write_site_settings(checking.folder_of(workplace, job.job_id) / "site_settings.json", own)
    assert checking.settings(workplace, job.job_id) == own


def test_a_check_is_deleted_with_its_report_once_it_is_over(
    workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    place = checking.folder_of(workplace, job.job_id)
    place.mkdir()
    with pytest.raises(Refused, match="not over"):
        checking.delete(workplace, job.job_id)
    jobs.cancel(workplace, job.job_id)
    checking.delete(workplace, job.job_id)
    assert not place.exists()
    assert checking.newest(workplace, info.digest) == ()
