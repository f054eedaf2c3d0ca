"""Starting a batch from uploaded files or from a folder of the server."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from app.services import batches, models
from app.services.trust import stopping
from app.services.workplace import Workplace
from tests.app.services.workplaces import active_model, png
from tests.app.views.screen import Screen

Worker = Callable[[], int]


def test_a_server_folder_is_offered_only_if_the_settings_name_it(
    page: Screen, workplace: Workplace, worker: Worker
) -> None:
    ward = workplace.settings.folders[0] / "ward"
    ward.mkdir()
    (ward / "a.png").write_bytes(png(1))
    page.choose("From", "Server folder")
    page.choose("Subfolder", ward)
    page.press("Start")
    worker()
    page.run()
    assert page.app.get("progress")[0].proto.text == "1 of 1 file · finished"
    assert batches.batches(workplace)[0].title == "ward"


if sys.platform == "linux":  # elsewhere such a name cannot be made

    def test_folders_and_files_whose_names_are_not_unicode_are_shown_and_read(
        page: Screen, workplace: Workplace, worker: Worker
    ) -> None:
        ward = Path(os.fsdecode(os.fsencode(workplace.settings.folders[0]) + b"/\xf6"))
        ward.mkdir()
        Path(os.fsdecode(os.fsencode(ward) + b"/r\xf6ntgen.png")).write_bytes(png(1))
        page.choose("From", "Server folder")
        page.choose("Subfolder", ward)
        assert "images/%F6" in page.text
        page.press("Start")
        worker()
        page.run()
        assert page.buttons("r%F6ntgen.png")


def test_chosen_files_wait_until_the_start_and_then_leave_the_spool(
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


def test_no_other_model_is_taken_by_itself_in_the_place_of_one_that_is_stopped(
    page: Screen, workplace: Workplace
) -> None:
    stopping.stop(workplace, active_model(workplace).digest, "too many devices")
    page.run()
    assert not page.buttons("Start")
    other = next(info for info in models.all(workplace) if info.name == "chest-phantom")
    page.choose("Model", other.digest)
    assert page.buttons("Start")
