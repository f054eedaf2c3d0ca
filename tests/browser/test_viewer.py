"""The image viewer in a real browser: greys as the library makes them, and no rerun for looking."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from dprotonet.images.windows import Window
from tests.browser.hands import PAINTED
from tests.browser.image_files import COLUMNS, ROWS, values
from tests.browser.reading_room import ReadingRoom, settled
from tests.browser.running import Program
from tests.paths import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
# Greys of the image as it lies on the screen at one stored pixel a screen pixel.
READ_GREYS = """(canvas, [columns, rows]) => {
  const left = Math.round(canvas.width / 2 - columns / 2);
  const top = Math.round(canvas.height / 2 - rows / 2);
  const { data } = canvas.getContext('2d').getImageData(left, top, columns, rows);
  return Array.from({ length: columns * rows }, (_, at) => data[4 * at]);
}"""


@pytest.fixture
def room(page: Page, program: Program, image: Path) -> ReadingRoom:
    """The image, predicted and open."""
    page.goto(program.address)
    opened = ReadingRoom(page)
    opened.upload(image)
    opened.read()
    page.locator(".source .pane[data-image=shown]").wait_for()
    return opened


def greys(room: ReadingRoom) -> np.ndarray:
    """``(H, W)`` greys on the screen, one stored pixel each."""
    room.press("z")
    room.page.evaluate(PAINTED)
    canvas = room.page.locator(".image-screen canvas.image")
    return np.array(canvas.evaluate(READ_GREYS, [COLUMNS, ROWS])).reshape(ROWS, COLUMNS)


def test_greys_on_the_screen_are_those_of_the_library(room: ReadingRoom, page: Page) -> None:
    expected = np.rint(Window(1800, 3600).apply(values()) * 255)
    assert np.abs(greys(room) - expected).max() <= 1
    page.get_by_label("Window of the greys").select_option(label="LUNG")
    expected = np.rint(Window(900, 800).apply(values()) * 255)
    assert np.abs(greys(room) - expected).max() <= 1
    page.locator("[data-tool=invert]").click()
    assert np.abs(greys(room) - (255 - expected)).max() <= 1


def test_looking_asks_the_server_for_nothing(room: ReadingRoom, page: Page) -> None:
    page.get_by_role("navigation", name="Queue").locator("[aria-current]").wait_for()
    page.wait_for_load_state("networkidle")  # the images beside it are fetched ahead
    asked: list[str] = []
    box = room.image.bounding_box()
    assert box is not None
    width = page.get_by_label("Window width")
    before = width.input_value()
    page.on("request", lambda request: asked.append(request.url))
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 230, steps=5)
    page.mouse.up()
    page.mouse.wheel(0, -300)
    room.press("i", "[", "x", "+")
    page.evaluate(PAINTED)
    assert width.input_value() != before
    assert [url for url in asked if "/api/room/claim" not in url] == []


def test_marks_are_measured_moved_and_undone_on_a_turned_image(
    room: ReadingRoom, page: Page
) -> None:
    marks = page.locator(".image-screen .marks li")
    box = room.image.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def drag(start: tuple[int, int], end: tuple[int, int]) -> None:
        page.mouse.move(middle[0] + start[0], middle[1] + start[1])
        page.mouse.down()
        page.mouse.move(middle[0] + end[0], middle[1] + end[1], steps=4)
        page.mouse.up()

    length = "Length, measurement: {} px (no spacing in the file)"
    room.press("z", "]", "x", "l")
    drag((0, -30), (40, 0))
    expect(marks).to_have_text([length.format(50)])
    drag((40, 0), (40, -30))  # its end: a mark can be mended as soon as it is drawn
    expect(marks).to_have_text([length.format(40)])
    room.press("e")
    drag((-40, -20), (0, 20))
    expect(marks.nth(1)).to_have_text(re.compile(r": 1257 px², mean \d+, sd .+, \d+ to \d+ "))
    room.press("Delete")
    expect(marks).to_have_text([length.format(40)])
    room.press("Control+z", "Control+z", "Control+z")
    expect(marks).to_have_text([length.format(50)])
    room.press("Control+y")
    expect(marks).to_have_text([length.format(40)])


def test_window_and_zoom_outlive_a_reload_and_an_answer(room: ReadingRoom, page: Page) -> None:
    width = page.get_by_label("Window width")
    width.fill("1234")
    width.press("Enter")
    page.keyboard.press("Tab")
    room.answer("verdict", "accept")
    room.kept()
    assert width.input_value() == "1234"
    expected = greys(room)
    page.reload()
    room.ready()
    assert width.input_value() == "1234"
    page.evaluate(PAINTED)
    canvas = page.locator(".image-screen canvas.image")
    found = np.array(canvas.evaluate(READ_GREYS, [COLUMNS, ROWS])).reshape(ROWS, COLUMNS)
    assert np.array_equal(found, expected), "one pixel a pixel, in the window of before"


def test_the_frames_of_a_file_are_fetched_as_soon_as_it_is_open(
    page: Page, program: Program
) -> None:
    page.goto(program.address)
    room = ReadingRoom(page)
    case_id = room.upload(ROOT / "assets" / "cases" / "two-frames.dcm")
    with page.expect_response(re.compile(f"/api/pixels/{case_id}/1$")):
        room.open(program.address, case_id)


def test_the_image_is_asked_for_once_and_before_the_page_has_started(
    room: ReadingRoom, page: Page, program: Program
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    case_id = room.open(program.address, room.case_id)
    image, start = f"/api/pixels/{case_id}/0", "/_stcore/health"
    assert [url.endswith(image) for url in asked].count(True) == 1
    order = [
        next(i for i, url in enumerate(asked) if url.endswith(part)) for part in (image, start)
    ]
    assert order == sorted(order)


@pytest.mark.parametrize(("width", "height", "scale"), [(1024, 768, 1), (1280, 800, 1.5)])
def test_nothing_of_the_room_is_cut_off(
    room: ReadingRoom, page: Page, width: int, height: int, scale: float
) -> None:
    # A page at 150 % has as many pixels fewer.
    size = {"width": round(width / scale), "height": round(height / scale)}
    page.set_viewport_size(size)
    for place in (".bar", ".image-screen .pane", ".verdict", "[data-action=sign]", ".foot"):
        for seen in page.locator(place).all():
            box = seen.bounding_box()
            assert box is not None, place
            assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"] + 0.5, place
            assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"] + 0.5, place
            assert min(box["width"], box["height"]) > 10, place
    for button in page.locator(".bar button, .verdict button, .tools button").all():
        box = button.bounding_box()
        assert box is not None and box["x"] + box["width"] <= size["width"] + 0.5


def test_a_dialog_gives_the_focus_back(room: ReadingRoom, page: Page) -> None:
    more = page.locator("[data-action=more]")
    more.focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    active = "room => room.getRootNode().activeElement?.dataset.action"
    assert room.root.evaluate(active) == "more"


def test_an_image_that_cannot_be_fetched_is_a_sentence(
    page: Page, program: Program, image: Path
) -> None:
    page.route("**/api/pixels/**", lambda route: route.abort())
    page.goto(program.address)
    page.locator("input[data-choose=files]").set_input_files(image)
    page.get_by_text("The image could not be loaded").wait_for()


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("name", ["", "batch", "annotations", "model"])
def test_no_page_scrolls_sideways(page: Page, program: Program, name: str) -> None:
    page.goto(f"{program.address}/{name}")
    page.get_by_text("Research use only, not for diagnosis").wait_for()
    settled(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
