from __future__ import annotations

from collections.abc import Callable

from app.services import batches
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen

Worker = Callable[[], int]


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
    assert page.app.get("progress")[0].proto.text == "3 of 3 files · 1 not an image · finished"
    assert "This is a text" in page.text
    page.press("a.png")
    rows = batches.rows(page.workplace, batches.batches(page.workplace)[0].job.job_id).rows
    assert page.case_id == rows[0].case_id and rows[0].name == "a.png"
