"""Heatmaps in the browser: off at first, the mask reader's at once, then a refined one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.case_list import case_row, open_case
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SHOWN_HEATMAP = """() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
  .map((node) => node.shadowRoot?.querySelector(".pane"))
  .find(Boolean)?.dataset.heatmapUrl ?? ''"""
ANOTHER_HEATMAP = f"before => ![before, ''].includes(({SHOWN_HEATMAP})())"


def open_demo(page: Page, program: Program, name: str) -> None:
    """Open an image whose model has a mask reader."""
    page.goto(program.address)
    page.get_by_placeholder("File name").fill(name)
    page.get_by_placeholder("File name").press("Enter")
    page.get_by_text("1 case", exact=True).wait_for()
    open_case(page, case_row(page, name))
    page.locator("table.waterfall").first.wait_for()


def shown_heatmap(page: Page) -> str:
    """Address of the heatmap over the image; empty for none."""
    return str(page.evaluate(SHOWN_HEATMAP))


def text(page: Page, wanted: str | re.Pattern[str]) -> None:
    """Wait for a text that can be seen."""
    page.get_by_text(wanted).locator("visible=true").first.wait_for()


def refine(page: Page) -> None:
    """Refine the heatmap that was asked for."""
    page.get_by_role("tab", name=re.compile(r"Heatmaps \(")).click()
    page.get_by_role("button", name="Refine on this image").click()


def test_the_mask_readers_map_is_there_at_once_and_a_refined_one_moves_nothing_else(
    page: Page, program: Program
) -> None:
    open_demo(page, program, "nodule.jpg")
    assert shown_heatmap(page) == "", "heatmaps begin switched off"
    page.get_by_role("button", name="Show heatmap").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    read = shown_heatmap(page)
    chosen = page.get_by_label("Saved heatmaps").locator("option:checked")
    assert chosen.inner_text() == "Class nodule · mask reader"
    about = page.locator(".about")
    about.get_by_text("in the pass that predicts, not measured for this image").wait_for()
    assert re.search(r"In \d+ of \d+ validation images with a known finding", about.inner_text())
    page.get_by_role("button", name="Measure").first.click()
    about.get_by_text("Hiding the marked 20 % of the image").wait_for()
    assert shown_heatmap(page) == read

    page.get_by_role("button", name="Zoom in").click()
    page.get_by_label("Opacity of the heatmap").fill("80")
    zoom = page.locator(".zoom").inner_text()
    refine(page)
    page.wait_for_function(ANOTHER_HEATMAP, arg=read)
    text(page, "Refined heatmap, drawn by")
    assert chosen.inner_text() == "Class nodule"
    assert page.locator(".zoom").inner_text() == zoom
    assert page.get_by_label("Opacity of the heatmap").input_value() == "80"

    refined = shown_heatmap(page)
    page.get_by_role("button", name="Refine further").first.click()
    page.get_by_text("Refining further…").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Refining further…").wait_for(state="detached")
    assert shown_heatmap(page) == refined


def test_a_heatmap_that_the_reader_switched_off_stays_off(page: Page, program: Program) -> None:
    open_demo(page, program, "effusion-rle.dcm")
    page.get_by_role("button", name="Show heatmap").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    page.get_by_role("button", name="Measure").first.click()
    text(page, re.compile("measured in"))
    page.get_by_role("button", name="Heatmap", exact=True).click()
    assert shown_heatmap(page) == ""
    page.get_by_role("tab", name="Verdict").click()
    page.get_by_text("Supplement", exact=True).click()  # the page runs again
    page.wait_for_timeout(1000)
    assert shown_heatmap(page) == ""
    page.get_by_role("tab", name="Prototypes").click()
    page.get_by_role("button", name="Show heatmap").first.click()
    page.locator("[data-heatmap=shown]").wait_for()


def test_the_text_is_that_of_the_visible_heatmap(page: Page, program: Program) -> None:
    open_demo(page, program, "consolidation-monochrome1.dcm")
    description = page.locator(".about")
    assert not description.is_visible()
    page.get_by_role("button", name="Show heatmap").first.click()
    refine(page)
    text(page, "Refined heatmap, drawn by")
    page.get_by_role("tab", name="Prototypes").click()
    page.get_by_role("button", name="Show heatmap").nth(1).click()  # of the first prototype
    page.get_by_text(re.compile(r"Requested heatmap: Prototype p\d+ · mask reader$")).wait_for()
    description.get_by_text("not measured for this image").wait_for()
    # The viewer's own list, whose choice the server does not hear of.
    page.get_by_label("Saved heatmaps").select_option(label="Class consolidation")
    description.get_by_text("the probability of consolidation").wait_for()
    assert "not measured for this image" not in description.inner_text()
    page.get_by_role("button", name="Heatmap", exact=True).click()
    assert not description.is_visible()
