import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.services import batch_export, batches
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, png
from tests.app.views.screen import Screen

Worker = Callable[[], int]


@pytest.fixture
def page(screen: Screen) -> Screen:
    """The batch page, without any batch."""
    return screen.open("batch")


def test_without_a_batch_the_page_says_what_one_is(page: Screen) -> None:
    assert "No batch yet" in page.text
    assert page.buttons("Start")[0].disabled


def test_uploaded_files_become_a_batch_whose_rows_open_in_review(
    page: Screen, worker: Worker
) -> None:
    page.upload(("a.png", png(1, level=200)), ("b.png", png(2)), ("c.txt", b"text"))
    assert "Chosen: 3 files" in page.text
    page.press("Start")
    assert "0 of 3 files" in page.app.get("progress")[0].proto.text
    worker()
    page.run()
    assert page.app.get("progress")[0].proto.text == "3 of 3 files · 1 no image · finished"
    assert "This is a text" in page.text
    page.press("a.png")
    assert "prototypes" in page.text.lower()
    assert "a.png" in page.text


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


def test_a_server_folder_is_offered_only_if_the_settings_name_it(
    page: Screen, workplace: Workplace, worker: Worker
) -> None:
    ward = workplace.settings.folders[0] / "ward"
    ward.mkdir()
    (ward / "a.png").write_bytes(png(1))
    page.choose("From", "Server folder")
    page.choose("Inside it", ward)
    page.press("Start")
    worker()
    page.run()
    assert page.app.get("progress")[0].proto.text == "1 of 1 file · finished"
    assert batches.batches(workplace)[0].title == "ward"


def test_results_are_downloaded_as_csv_and_json(
    page: Screen, workplace: Workplace, worker: Worker
) -> None:
    page.upload(("a.png", png(1))).press("Start")
    worker()
    page.run()
    assert [b.label for b in page.app.get("download_button")] == ["CSV", "JSON"]
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


if sys.platform == "linux":  # elsewhere a name that is no text cannot be made

    def test_folders_and_files_whose_names_are_no_text_are_shown_and_read(
        page: Screen, workplace: Workplace, worker: Worker
    ) -> None:
        ward = Path(os.fsdecode(os.fsencode(workplace.settings.folders[0]) + b"/\xf6"))
        ward.mkdir()
        Path(os.fsdecode(os.fsencode(ward) + b"/r\xf6ntgen.png")).write_bytes(png(1))
        page.choose("From", "Server folder")
        page.choose("Inside it", ward)
        assert "images/%F6" in page.text
        page.press("Start")
        worker()
        page.run()
        assert page.buttons("r%F6ntgen.png")


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


def test_chosen_files_wait_until_the_start_and_are_then_let_go_of(
    page: Screen, workplace: Workplace
) -> None:
    page.upload(("a.png", png(1)), ("b.png", png(2)))
    assert "Chosen: 2 files" in page.run().text
    assert len(list(workplace.settings.spool.iterdir())) == 2
    page.press("Start")
    assert list(workplace.settings.spool.iterdir()) == []
    assert "Chosen" not in page.text
    assert page.buttons("Start")[0].disabled


def test_a_refused_upload_says_why_and_leaves_nothing(page: Screen, workplace: Workplace) -> None:
    page.upload(("images.zip", b"PK\x03\x04 and no more")).press("Start")
    assert page.errors == ["The ZIP file is damaged. Pack it again."]
    assert list(workplace.settings.spool.iterdir()) == []
    assert batches.batches(workplace) == ()
    assert page.buttons("Start")[0].disabled
