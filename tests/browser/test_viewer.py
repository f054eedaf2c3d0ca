"""The image viewer in a real browser: greys as the library makes them, and no rerun for looking."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from dprotonet.images.windows import Window
from tests.browser.image_files import COLUMNS, ROWS, values
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
# Greys of the image as it lies on the screen at one stored pixel a screen pixel.
READ_GREYS = """([columns, rows]) => {
  const host = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
    .find((node) => node.shadowRoot?.querySelector('canvas.image'));
  const canvas = host.shadowRoot.querySelector('canvas.image');
  const left = Math.round(canvas.width / 2 - columns / 2);
  const top = Math.round(canvas.height / 2 - rows / 2);
  const { data } = canvas.getContext('2d').getImageData(left, top, columns, rows);
  return Array.from({ length: columns * rows }, (_, at) => data[4 * at]);
}"""


@pytest.fixture
def opened(page: Page, program: Program, image: Path) -> Page:
    """The image, predicted and open."""
    page.goto(program.address)
    page.locator("input[data-choose=files]").set_input_files(image)
    page.locator("[data-image=shown]").wait_for()
    page.locator("table.waterfall").first.wait_for()
    return page


def greys(page: Page) -> np.ndarray:
    """``(H, W)`` greys on the screen, one stored pixel each."""
    page.get_by_role("button", name="One image pixel").click()
    page.wait_for_timeout(300)
    return np.array(page.evaluate(READ_GREYS, [COLUMNS, ROWS])).reshape(ROWS, COLUMNS)


def test_greys_on_the_screen_are_those_of_the_library(opened: Page) -> None:
    expected = np.rint(Window(1800, 3600).apply(values()) * 255)
    assert np.abs(greys(opened) - expected).max() <= 1
    opened.get_by_label("Window", exact=True).select_option(label="LUNG")
    expected = np.rint(Window(900, 800).apply(values()) * 255)
    assert np.abs(greys(opened) - expected).max() <= 1
    opened.get_by_role("button", name="Invert", exact=True).click()
    assert np.abs(greys(opened) - (255 - expected)).max() <= 1


def test_looking_asks_the_server_for_nothing(opened: Page) -> None:
    opened.wait_for_load_state("networkidle")  # parts of the page beside the image come later
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    sent: list[object] = []
    opened.on("websocket", lambda socket: sent.append(socket))
    surface = opened.locator(".surface")
    box = surface.bounding_box()
    assert box is not None
    before = opened.get_by_label("Window width").input_value()
    opened.mouse.move(box["x"] + 300, box["y"] + 200)
    opened.mouse.down()
    opened.mouse.move(box["x"] + 380, box["y"] + 230, steps=5)
    opened.mouse.up()
    opened.mouse.wheel(0, -300)
    surface.press("i")
    surface.press("ArrowLeft")
    opened.wait_for_timeout(500)
    assert opened.get_by_label("Window width").input_value() != before
    assert (
        opened.get_by_role("button", name="Invert", exact=True).get_attribute("aria-pressed")
        == "true"
    )
    assert asked == []
    assert sent == []


def test_marks_are_drawn_measured_moved_and_undone_on_a_turned_image(opened: Page) -> None:
    surface, marks = opened.locator(".surface"), opened.locator(".pane .unseen li")
    box = surface.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def drag(start: tuple[int, int], end: tuple[int, int]) -> None:
        opened.mouse.move(middle[0] + start[0], middle[1] + start[1])
        opened.mouse.down()
        opened.mouse.move(middle[0] + end[0], middle[1] + end[1], steps=4)
        opened.mouse.up()

    surface.press("z")  # one image pixel a pixel of the screen
    surface.press("]")
    surface.press("x")
    surface.press("l")
    drag((0, -30), (40, 0))
    expect(marks).to_have_text(["50 px"])
    drag((40, 0), (40, -30))  # its end: a mark can be mended as soon as it is drawn
    expect(marks).to_have_text(["40 px"])
    surface.press("e")
    drag((-40, -20), (0, 20))
    expect(marks.nth(1)).to_have_text(re.compile(r"^1257 px², mean \d+, sd .+, \d+ to \d+$"))
    surface.press("Delete")
    expect(marks).to_have_text(["40 px"])
    for _ in range(3):
        surface.press("Control+z")
    expect(marks).to_have_text(["50 px"])
    surface.press("Control+y")
    expect(marks).to_have_text(["40 px"])


def test_window_and_zoom_outlive_reruns_and_a_reload(opened: Page) -> None:
    opened.get_by_label("Window width").fill("1234")
    opened.get_by_label("Window width").press("Enter")
    opened.get_by_role("button", name="Zoom in").click()
    zoom = opened.locator(".zoom").inner_text()
    opened.get_by_role("tab", name="Verdict").click()
    opened.get_by_text("Accept", exact=True).click()
    opened.wait_for_timeout(1500)
    assert opened.get_by_label("Window width").input_value() == "1234"
    opened.reload()
    opened.locator("[data-image=shown]").wait_for()
    assert opened.get_by_label("Window width").input_value() == "1234"
    assert opened.locator(".zoom").inner_text() == zoom


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
    page.wait_for_timeout(1500)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
