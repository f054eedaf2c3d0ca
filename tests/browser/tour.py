"""Take the pictures of the documentation's tour anew: a reader's way from the list to a what-if.

    python -m tests.browser.tour FOLDER

Starts the program on a folder of its own with the demo cases, drives it in Chromium and writes five
PNG files of 1280 × 800 and at most 256 colours.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import ARGUMENTS
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGE = "nodule-12bit-two-windows.dcm"
FINDING = (0.21, 0.43, 0.36, 0.58)
"""Where the nodule of this image lies on the screen: left, top, right, bottom as fractions."""


def main() -> None:
    """Run the tour."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.tour")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        program = Program(Path(data))
        program.start()
        try:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
            )
            context = chromium.new_context(
                viewport={"width": 1280, "height": 800}, color_scheme="dark"
            )
            context.request.get(program.entrance, max_redirects=0)
            _tour(context.new_page(), program, folder)
        finally:
            program.stop()


def _tour(page: Page, program: Program, folder: Path) -> None:
    room = ReadingRoom(page)
    page.set_default_timeout(60_000)
    page.goto(program.address)
    page.get_by_text("8 cases").wait_for()
    page.get_by_text("waiting", exact=True).first.wait_for(state="detached")
    page.wait_for_load_state("networkidle")
    _take(page, folder / "1-list.png")

    with sqlite3.connect(program.data / "review.sqlite3") as rows:
        query = 'SELECT id FROM "case" WHERE file_name = ?'
        (case_id,) = rows.execute(query, (IMAGE,)).fetchone()
    room.open(program.address, case_id)
    page.locator("[data-action=more]").click()
    page.locator("[data-action=reads-first]").click()
    page.locator(".room[data-stage=blind]").wait_for()
    room.press("Escape")
    page.locator("[data-question=label]").fill("nodule")
    page.locator("[data-question=label]").blur()
    room.press("4", "Shift+B")
    _drag(room, FINDING)
    room.kept()
    _take(page, folder / "2-first-read.png")

    room.press("Control+Enter")
    page.locator(".room[data-stage=revealed]").wait_for()
    room.read()
    page.locator(".source .pane[data-heatmap=shown]").wait_for()
    _take(page, folder / "3-reveal.png")

    room.show_heatmap()
    page.get_by_role("button", name="Measure").click()
    room.text(re.compile("Affects the model's output"))
    page.locator(".work").wait_for(state="detached")
    _take(page, folder / "4-heatmap.png")

    page.locator("[data-region=rectangle]").click()
    _drag(room, FINDING)
    room.text(re.compile("A random region of that size"))
    _take(page, folder / "5-what-if.png")


def _drag(room: ReadingRoom, place: tuple[float, float, float, float]) -> None:
    box = room.image.bounding_box()
    assert box is not None
    left, top, right, bottom = place
    side = min(box["width"], box["height"])
    x = box["x"] + (box["width"] - side) / 2
    y = box["y"] + (box["height"] - side) / 2
    room.page.mouse.move(x + left * side, y + top * side)
    room.page.mouse.down()
    room.page.mouse.move(x + right * side, y + bottom * side, steps=6)
    room.page.mouse.up()


def _take(page: Page, path: Path) -> None:
    from PIL import Image

    page.wait_for_timeout(800)  # what moves into place has come to rest
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()
