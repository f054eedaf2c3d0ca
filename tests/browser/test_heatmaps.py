"""Heatmaps in the room: off at first, the mask reader's at once, then a refined one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.case_list import case_row, open_case
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
NOT_MEASURED = re.compile("Whether it affects the model's output was not measured on this image")
MEASURED = re.compile(r"(Affects|Does not affect) the model's output: hiding the marked")


def open_demo(page: Page, program: Program, name: str) -> ReadingRoom:
    """Open an image whose model has a mask reader."""
    page.goto(program.address)
    page.get_by_placeholder("File name").fill(name)
    page.get_by_placeholder("File name").press("Enter")
    page.get_by_text("1 case", exact=True).wait_for()
    open_case(page, case_row(page, name))
    room = ReadingRoom(page)
    room.ready()
    room.read()
    assert room.heatmap == "", "heatmaps begin switched off"
    return room


def claim(page: Page) -> Locator:
    """The line that is bound to the map that is shown."""
    return page.locator(".heatmap-bar .claim")


def zoom(page: Page) -> float:
    """CSS pixels of a column of the image that is open."""
    view = page.evaluate(
        """() => Object.keys(sessionStorage).map((key) => JSON.parse(sessionStorage[key]))
          .find((view) => view && typeof view.zoom === "number")"""
    )
    return float(view["zoom"])


def another_map(page: Page, before: str) -> str:
    """Wait for another heatmap over the image; returns its address."""
    page.locator(
        f".room[data-heatmap=shown]:not([data-heatmap-url='{before}']):not([data-heatmap-url=''])"
    ).wait_for()
    return ReadingRoom(page).heatmap


def test_the_mask_readers_map_is_there_at_once_and_a_refined_one_moves_nothing_else(
    page: Page, program: Program
) -> None:
    room = open_demo(page, program, "nodule.jpg")
    read = room.show_heatmap()
    chosen = page.locator("select[aria-label=Heatmaps] option:checked")
    assert chosen.inner_text() == "Class nodule · mask reader"
    claim(page).get_by_text(NOT_MEASURED).wait_for()
    room.text("Details").click()
    room.text(re.compile(r"In \d+ of \d+ validation images with a known finding"))
    claim(page).get_by_role("button", name="Measure").click()
    claim(page).get_by_text(MEASURED).wait_for()
    assert room.heatmap == read

    room.press("+")
    page.get_by_label("Opacity").fill("0.8")
    before = zoom(page)
    claim(page).get_by_role("button", name="Refine on this image").click()
    refined = another_map(page, read)
    assert chosen.inner_text() == "Class nodule"
    claim(page).get_by_text(MEASURED).wait_for()
    assert zoom(page) == before
    assert page.get_by_label("Opacity").input_value() == "0.8"

    claim(page).get_by_role("button", name="Refine further").click()
    work = claim(page).locator(".work", has_text="refining")
    work.get_by_role("button", name="Cancel").click()
    work.wait_for(state="detached")
    assert room.heatmap == refined


def test_a_heatmap_that_the_reader_switched_off_stays_off(page: Page, program: Program) -> None:
    room = open_demo(page, program, "effusion-rle.dcm")
    room.show_heatmap()
    measured = page.locator(".details").get_by_text(re.compile("measured in"))
    claim(page).get_by_role("button", name="Refine on this image").click()
    room.press("o")
    page.locator(".room[data-heatmap=absent]").wait_for()
    page.locator(".room:not(:has(.work))").wait_for()
    assert measured.count() == 0
    assert room.heatmap == ""
    room.press("s", "Shift+A")
    room.kept()
    assert room.heatmap == ""
    page.reload()
    room.ready()
    room.read()
    assert room.heatmap == ""
    room.show_heatmap()


def test_the_text_and_the_question_are_those_of_the_visible_heatmap(
    page: Page, program: Program
) -> None:
    room = open_demo(page, program, "consolidation-monochrome1.dcm")
    assert claim(page).is_hidden()
    room.show_heatmap()
    claim(page).get_by_role("button", name="Refine on this image").click()
    claim(page).get_by_text(MEASURED).wait_for()
    room.answer("region", "agree")
    maps = page.locator("select[aria-label=Heatmaps]")
    own = maps.locator("option:checked").inner_text()
    maps.select_option(label=f"{own} · mask reader")
    claim(page).get_by_text(NOT_MEASURED).wait_for()
    assert claim(page).get_by_text(MEASURED).count() == 0
    assert room.chosen("region").count() == 0, "what was answered speaks of the other map"
    maps.select_option(label=own)
    claim(page).get_by_text(MEASURED).wait_for()
    assert room.chosen("region").inner_text() == "Agree"
    room.press("o")
    claim(page).wait_for(state="hidden")
    assert room.answers("region").locator("visible=true").count() == 0
