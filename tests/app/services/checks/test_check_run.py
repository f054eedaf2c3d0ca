"""A check in a process of its own, from the job to its report."""

from __future__ import annotations

import csv
import io
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from app.domain.bundles import BundleInfo
from app.domain.checks import CheckRequest
from app.domain.errors import Refused
from app.domain.jobs import Job
from app.services import jobs, training_program
from app.services.checks import check_run, checking
from app.services.workplace import Workplace
from tests.app.store.one_database import one_database  # noqa: F401  the program asks none
from tests.dprotonet.tiny_bundle import tiny_images
from tests.paths import ROOT
from training.__main__ import main


@pytest.fixture(autouse=True)
def in_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs find the packages, wherever the tests were started."""
    monkeypatch.chdir(ROOT)


@pytest.fixture
def folder(workplace: Workplace) -> Path:
    """12 images, six of each class, in the words of a site."""
    site = workplace.settings.folders[0] / "site"
    for number, pixels in enumerate(tiny_images(2, 6)):
        path = site / ("finding" if number % 2 else "well") / f"Doe^Jane-{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return site


@pytest.fixture
def without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The training program in this process: one of its own imports for seconds before it begins."""

    def run(at: Workplace, job: Job, command: Sequence[str], log: Path, **named: object) -> int:
        assert list(command[:3]) == [sys.executable, "-m", "training"]
        log.touch()
        return main(list(command[3:]))

    monkeypatch.setattr(training_program, "run", run)


def run_next(workplace: Workplace) -> Job:
    """Do the check that waits; its row when it is over."""
    claimed = check_run.claim(workplace)
    assert claimed is not None
    check_run.run(workplace, *claimed, stop=lambda: False)
    return jobs.get(workplace, claimed[0].job_id)


def test_a_check_leaves_its_report(workplace: Workplace, info: BundleInfo, folder: Path) -> None:
    checking.start(workplace, info.digest, folder, names={"well": "none"})
    job = run_next(workplace)
    assert (job.state, job.message) == ("done", "")
    results = checking.results(workplace, job.job_id)
    assert results["made_by"] == workplace.reader
    assert results["bundle"]["digest"] == info.digest
    assert results["data"]["images_by_class"] == {"none": 6, "finding": 6}
    assert b"<!doctype html>" in checking.report(workplace, job.job_id)
    place = checking.folder_of(workplace, job.job_id)
    assert not any(b"Doe" in path.read_bytes() for path in place.iterdir())


def test_what_the_program_says_is_the_reason_and_nothing_is_left(
    workplace: Workplace, info: BundleInfo, folder: Path
) -> None:
    checking.start(workplace, info.digest, folder)
    job = run_next(workplace)
    assert job.state == "failed"
    assert "has the class 'well', which nih-pneumonia does not know" in job.message
    assert not checking.folder_of(workplace, job.job_id).exists()


def test_a_check_that_is_cancelled_ends_its_program(
    workplace: Workplace, info: BundleInfo, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleeping(*arguments: object) -> list[str]:
        return [sys.executable, "-c", "import time; time.sleep(300)"]

    monkeypatch.setattr(check_run, "command", sleeping)
    job = checking.start(workplace, info.digest, folder, names={"well": "none"})
    claimed = check_run.claim(workplace)
    assert claimed is not None
    thread = threading.Thread(
        target=check_run.run, args=(workplace, *claimed), kwargs={"stop": lambda: False}
    )
    thread.start()
    jobs.cancel(workplace, job.job_id)
    thread.join(60)
    assert not thread.is_alive()
    assert jobs.get(workplace, job.job_id).state == "cancelled"
    assert not checking.folder_of(workplace, job.job_id).exists()


def test_a_folder_that_became_a_link_out_of_the_allowed_ones_is_refused(
    workplace: Workplace, info: BundleInfo, folder: Path, tmp_path: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    with workplace.store.read() as tx:
        request = tx.checks.request(job.job_id)
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(Refused, match="may not be read"):
        check_run.command(workplace, job, request, tmp_path)


def test_names_of_folders_are_never_options(
    workplace: Workplace, info: BundleInfo, folder: Path, tmp_path: Path
) -> None:
    job = checking.start(workplace, info.digest, folder)
    request = CheckRequest(str(folder), "--out=/", {"--device": "none"}, "labels.csv")
    words = check_run.command(workplace, job, request, tmp_path)
    assert words[4:6] == [str(info.path), f"--data={folder.resolve()}"]
    assert "--by=--out=/" in words and "--map=--device=none" in words
    assert "--table=labels.csv" in words
    with pytest.raises(Refused, match="holds “=”"):
        check_run.command(
            workplace, job, CheckRequest(str(folder), "me", {"a=b": "none"}), tmp_path
        )


def test_a_table_of_labels_is_used_where_the_folder_has_one(
    workplace: Workplace, info: BundleInfo, folder: Path, without_a_process: None
) -> None:
    rows = io.StringIO()
    table = csv.writer(rows)
    table.writerow(("file", "label", "patient"))
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        label = "none" if path.parent.name == "well" else "finding"
        table.writerow((path.relative_to(folder).as_posix(), label, f"p{number // 2}"))
    (folder / "labels.csv").write_text(rows.getvalue())
    checking.start(workplace, info.digest, folder)
    job = run_next(workplace)
    assert job.state == "done", job.message
    data = checking.results(workplace, job.job_id)["data"]
    assert (data["interval_by"], data["patients"]) == ("patient", 6)
