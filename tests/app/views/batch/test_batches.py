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
from tests.app.services.workplaces import FakePool, by_brightness, png
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
    page.choose("Show", "Errors")
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


def test_results_are_downloaded_as_csv_and_json(
    page: Screen, workplace: Workplace, worker: Worker
) -> None:
    page.upload(("a.png", png(1))).press("Start")
    worker()
    page.run()
    assert [b.label for b in page.app.get("link_button")] == ["CSV", "JSON"]
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


def test_files_of_one_name_are_shown_with_their_path(page: Screen, worker: Worker) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in ("p1/image.png", "p2/image.png", "p2/other.png"):
            archive.writestr(path, png(len(path) + ord(path[1])))
    page.upload(("images.zip", packed.getvalue())).press("Start")
    worker()
    page.run()
    assert [len(page.buttons(f"p{n}/image.png")) for n in (1, 2)] == [1, 1]
    assert page.buttons("other.png") and not page.buttons("p2/other.png")


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


def test_refused_images_are_counted_and_filtered_apart_from_errors(
    page: Screen, worker: Worker, pool: FakePool
) -> None:
    pool.gate = by_brightness
    files = [(f"{level}.png", png(1, level=level)) for level in (10, 110, 230)]
    page.upload(*files, ("broken.png", png(2)[:90])).press("Start")
    worker()
    page.run()
    progress = page.app.get("progress")[0].proto.text
    assert progress == "4 of 4 files · 1 not readable · 1 refused by the model · finished"
    assert page.text.count("%") == 2 and "Unlike the training images" in page.text
    assert ":orange-badge[refused]" in page.text and ":orange-badge[caution]" in page.text
    page.choose("Show", "Refused")
    assert page.buttons("10.png") and not page.buttons("230.png")
    assert "%" not in page.text and "finding" not in page.text.replace("most probable finding", "")
    assert "No prediction. Unlike what this model was trained on: distance 4.50" in page.text
    page.choose("Show", "Errors")
    assert "broken.png" in page.text and not page.buttons("10.png")
