"""The reading room in a real browser: read, explained, tried, signed; and nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.case_list import case_row, open_case
from tests.browser.image_files import write_image
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
REMARK = "A remark that was never signed"


@pytest.fixture
def room(page: Page, program: Program, image: Path) -> ReadingRoom:
    """An image, uploaded and read by the model."""
    page.goto(program.address)
    opened = ReadingRoom(page)
    opened.upload(image)
    opened.read()
    return opened


def test_an_image_is_uploaded_explained_signed_and_found_after_a_restart(
    room: ReadingRoom, page: Page, program: Program
) -> None:
    room.text("Research use only, not for diagnosis")
    assert re.search(r"[?&]case=[0-9a-f]{16}", page.evaluate("location.href"))
    assert room.heatmap == "", "heatmaps begin switched off"
    page.locator(".source .pane[data-image=shown]").wait_for()
    assert page.get_by_text("9 contributions sum to the logit").locator("visible=true").count() == 0
    room.text("Details").click()
    room.text(re.compile("9 contributions sum to the logit"))

    page.get_by_label("Explain more…").select_option(index=1)
    page.locator(".room[data-heatmap=shown]").wait_for()
    room.text(re.compile("Affects the model's output|Does not affect"))
    room.press("s", "5")
    page.locator("textarea").fill("An image of the journey")
    address = page.evaluate("location.href")
    signed = room.sign()

    page.goto("about:blank")
    program.stop()
    program.start()
    page.goto(program.address)
    page.get_by_placeholder("File name").fill("IM0000")
    page.get_by_placeholder("File name").press("Enter")
    open_case(page, case_row(page, "IM000001"))
    assert room.ready() == signed
    room.text("Details").click()
    room.text("An image of the journey")
    assert f"case={signed}" in address and f"case={signed}" in page.evaluate("location.href")
    assert room.chosen("confidence").inner_text() == "5 certain"
    assert room.heatmap == ""
    room.show_heatmap()


def test_a_reload_in_the_middle_of_a_remark_loses_nothing(room: ReadingRoom, page: Page) -> None:
    room.press("r", "2", "Shift+R")
    page.locator("textarea").fill(REMARK)
    page.reload()
    room.ready()
    assert page.locator("textarea").input_value() == REMARK
    room.kept()
    page.evaluate("sessionStorage.clear()")
    page.reload()  # now only the server knows
    room.ready()
    assert page.locator("textarea").input_value() == REMARK
    assert room.chosen("verdict").inner_text() == "Wrong"
    assert room.chosen("reason").inner_text() == "Wrong"
    assert room.chosen("confidence").inner_text() == "2"
    page.get_by_role("button", name="Discard my entries").click()
    page.locator("[data-asks=verdict] [aria-pressed=true]").wait_for(state="detached")
    assert page.locator("textarea").input_value() == ""


def test_what_is_tried_moves_the_prediction_and_is_signed_with_it(
    room: ReadingRoom, page: Page, program: Program
) -> None:
    table = page.locator("table.waterfall")
    before = table.inner_text()
    room.press("c")
    room.text(re.compile(r"\d %? ?→ "))
    assert table.inner_text() != before
    room.press("c")
    page.locator("[data-action=restore][disabled]").wait_for()
    assert table.inner_text() == before
    page.locator("[data-region=rectangle]").click()
    room.draw_box()
    room.text(re.compile(r"A random region of that size: 0\.\d\d ± 0\.\d\d"))
    page.locator("[data-action=restore]").click()
    page.locator(".tried").wait_for(state="detached")
    room.press("a", "5")
    case_id = room.sign()
    room.open(program.address, case_id)
    room.text("Details").click()
    room.text("2 changes tried before.")


def test_prototypes_are_judged_with_their_evidence_in_sight(room: ReadingRoom, page: Page) -> None:
    room.press("j")
    card = page.locator(".judgement .question")
    card.get_by_role("button", name="Artefact").first.click()
    card.get_by_role("button", name="Border").first.wait_for()
    room.press("a", "3", "Control+Enter")
    room.text(re.compile("is judged to be an artefact, but not which one"))
    card.get_by_role("button", name="Border").first.click()
    room.sign()


def test_a_key_can_be_changed_and_is_remembered(room: ReadingRoom, page: Page) -> None:
    room.press("?")
    page.locator("[data-key=accept]").click()
    room.press("q")
    page.locator("[data-key=accept]", has_text="Q").wait_for()
    room.press("Escape")
    page.reload()
    room.ready()
    room.press("?")
    page.locator("[data-key=accept]", has_text="Q").wait_for()
    page.get_by_role("button", name="The usual keys").click()
    page.locator("[data-key=accept]", has_text="A").wait_for()


def test_the_next_image_needs_no_page_and_no_image_that_was_not_fetched_before(
    page: Page, program: Program, tmp_path: Path
) -> None:
    page.goto(program.address)
    room = ReadingRoom(page)
    first = room.upload(write_image(tmp_path / "IM000011", seed=11))
    room.read()
    page.goto(program.address)
    second = room.upload(write_image(tmp_path / "IM000012", seed=12))
    room.read()
    asked: list[str] = []
    page.goto("about:blank")  # what the page before fetches ahead is not meant
    with page.expect_response(re.compile(rf"/api/pixels/(?!{second})")) as ahead:
        room.open(program.address, second)
    ahead.value.finished()
    page.on("request", lambda request: asked.append(request.url))
    room.press("n")
    third = room.ready(after=second)
    pixels = [url for url in asked if f"/api/pixels/{third}/" in url]
    assert pixels == [], "it was fetched ahead"
    assert not [url for url in asked if "_stcore" in url], "no page ran again"
    room.press("p")
    assert room.ready(after=third) in (first, second)
