"""The list of batches, and one batch with its files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace

from app.services import batch_export, batches
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, png
from tests.app.views.screen import Screen

Worker = Callable[[], int]


def test_a_zip_is_opened_and_a_broken_image_is_a_row_that_says_why(
    page: Screen, worker: Worker
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ward/a.png", png(1))
        archive.writestr("ward/b.png", png(2)[:90])
    page.upload(("images.zip", packed.getvalue())).press("Start")
    worker()
    page.run()
    assert "1 not readable" in page.app.get("progress")[0].proto.text
    page.choose("State", "Errors")
    assert not page.buttons("a.png")
    assert "b.png" in page.text
    assert page.buttons("Retry failed")


def test_a_cancelled_batch_is_resumed(page: Screen, workplace: Workplace, worker: Worker) -> None:
    page.upload(("a.png", png(1)), ("b.png", png(2))).press("Start")
    page.press("Cancel")
    assert "cancelled" in page.app.get("progress")[0].proto.text
    page.press("Resume")
    worker()
    page.run()
    assert page.app.get("progress")[0].proto.text == "2 of 2 files · finished"


def test_results_are_downloaded_in_every_format(
    page: Screen, workplace: Workplace, worker: Worker
) -> None:
    page.upload(("a.png", png(1))).press("Start")
    worker()
    page.run()
    assert [b.label for b in page.app.get("link_button")] == [
        "CSV",
        "JSON",
        "Parquet",
        "ZIP with heatmaps",
    ]
    job = batches.batches(workplace)[0].job.job_id
    assert json.loads(batch_export.as_json(workplace, job))["files"][0]["file"] == "a.png"


def test_an_older_batch_is_chosen_from_the_list(page: Screen, worker: Worker) -> None:
    page.upload(("first.png", png(1))).press("Start")
    page.upload(("second.png", png(2)), ("third.png", png(3))).press("Start")
    worker()
    page.run()
    assert len(page.buttons("second.png")) == 1
    page.press("first.png · finished")
    assert not page.buttons("second.png")


def test_a_folder_that_was_not_listed_to_its_end_says_so(
    page: Screen, workplace: Workplace
) -> None:
    small = replace(workplace, settings=replace(workplace.settings, folder_files=1))
    for number in range(2):
        (workplace.settings.folders[0] / f"{number}.png").write_bytes(png(number))
    job = batches.start_folder(workplace, workplace.settings.folders[0])
    queue.run_pending(small, FakePool())
    page.open("batch")
    assert batches.progress(workplace, job.job_id).job.state == "done"
    assert "more than 1 files; the rest was left out" in page.text


def test_a_batch_gets_a_name_of_its_own_at_its_start_and_later(
    page: Screen, workplace: Workplace
) -> None:
    page.write("Name", "Ward A").upload(("a.png", png(1))).press("Start")
    assert "Ward A" in page.text
    page.write("Name of the batch", "Ward <b>").press("Save")
    assert batches.batches(workplace)[0].title == "Ward <b>" and "##### Ward <b>" in page.text
    page.write("Name of the batch", " ").press("Save")
    assert page.errors == ["A batch needs a name. Write one, without the name of a patient."]
    assert batches.batches(workplace)[0].title == "Ward <b>"
