"""A table in a real browser: uploaded, a row opened, read attribute by attribute, judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.case_list import case_row, open_case
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program
from tests.dprotonet.row_bundle import CSV, make_row_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with a small model of random weights that reads rows of a table."""
    running = Program(tmp_path_factory.mktemp("rows"))
    make_row_bundle(running.models / "tiny-rows")
    running.activate("tiny-rows")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three rows, one of which cannot be read."""
    path = tmp_path / "biopsies.csv"
    path.write_text(CSV.replace("0.12", "smooth"))
    return path


def test_a_row_is_uploaded_read_by_its_attributes_and_judged(
    page: Page, program: Program, table: Path
) -> None:
    page.goto(program.address)
    page.get_by_text("CSV in UTF-8, or Parquet").wait_for()
    page.locator("input[data-choose=files]").set_input_files(table)
    page.get_by_text("2 added, 1 not readable").wait_for()
    page.get_by_text("Line 3, column “smoothness”").wait_for()

    open_case(page, case_row(page, "biopsies.csv, line 2"))
    room = ReadingRoom(page)
    row = room.ready()
    assert "Malignant" in room.read()
    values = page.locator("table.values")
    assert re.split(r"\s+", values.locator("tbody tr").first.inner_text()) == [
        "radius",
        "10.5",
        "mm",
    ]
    for tool in ("tool-window", "invert", "flip", "tool-length", "box"):
        assert not page.locator(f"[data-tool={tool}]").is_visible(), tool
    assert not page.get_by_label("Window of the greys").is_visible()
    assert page.locator("[data-tool=fit]").is_visible()
    room.press("b")
    assert page.locator(".image-screen .surface").get_attribute("data-tool") != "rectangle"

    beside = page.locator("table.beside tbody tr")
    assert beside.count() == 4
    differing = page.locator("table.beside tr.differs")
    assert differing.count() > 0
    for sign in differing.locator(".sign").all_inner_texts():
        assert sign in "▲▼≠?", "what differs is known without colour"

    page.get_by_label("Explain more…").select_option(index=1)
    page.locator(".room[data-heatmap=shown]").wait_for()
    shares = page.locator("table.shares tbody tr")
    shares.first.wait_for()
    assert shares.count() == 4
    room.text(re.compile("lies on attributes: of that "))

    room.press("j")
    page.locator(".judgement").get_by_role("button", name="Alike", exact=True).first.click()
    room.press("a", "4")
    assert room.sign() == row
    room.open(program.address, row)
    room.text("Details").click()
    room.text("Revision 1")


def test_an_image_says_why_this_model_does_not_read_it(
    page: Page, program: Program, image: Path
) -> None:
    page.goto(program.address)
    page.locator("input[data-choose=files]").set_input_files(image)
    page.get_by_text("The model tiny-rows reads rows of a table, and this is an image.").wait_for()
