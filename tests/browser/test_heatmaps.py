"""Heatmaps in the browser: off at first, a first one soon, then a better one in its place."""

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
  .map((node) => node.shadowRoot?.querySelector('.viewer'))
  .find(Boolean)?.dataset.heatmapUrl ?? ''"""
WARNING = "[data-testid=stAlert]:visible"
ANOTHER_HEATMAP = f"before => ![before, ''].includes(({SHOWN_HEATMAP})())"


def open_demo(page: Page, program: Program, name: str) -> None:
    """Open an image whose model is slow enough to see both heatmaps one after the other."""
    page.goto(program.address)
    page.get_by_placeholder("File name").fill(name)
    page.get_by_placeholder("File name").press("Enter")
    page.get_by_text("1 case", exact=True).wait_for()
    open_case(page, case_row(page, name))
    page.locator("table.waterfall").first.wait_for()


def shown_heatmap(page: Page) -> str:
    """Address of the heatmap over the image; empty for none."""
    return str(page.evaluate(SHOWN_HEATMAP))


def top_of(page: Page, name: str) -> float:
    box = page.get_by_role("tab", name=name).bounding_box()
    assert box is not None
    return box["y"]


def test_a_first_heatmap_is_replaced_by_a_better_one_and_nothing_else_moves(
    page: Page, program: Program
) -> None:
    open_demo(page, program, "nodule.jpg")
    assert shown_heatmap(page) == "", "heatmaps begin switched off"
    page.get_by_role("button", name="Explain").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    draft = shown_heatmap(page)
    chosen = page.get_by_label("Saved heatmaps").locator("option:checked")
    assert chosen.inner_text() == "Class nodule (first heatmap)"
    # On a fast machine the refined heatmap may be there before the text can be read.
    page.get_by_text(
        re.compile("Showing the first heatmap; refining…|Refined heatmap, drawn by")
    ).wait_for()
    page.locator(".about").get_by_text("Hiding the marked 20 % of the image").wait_for()

    page.get_by_role("button", name="Zoom in").click()
    page.get_by_label("Opacity of the heatmap").fill("80")
    zoom = page.locator(".zoom").inner_text()
    top, warnings = top_of(page, "Prototypes"), page.locator(WARNING).count()
    page.wait_for_function(ANOTHER_HEATMAP, arg=draft)
    page.get_by_text("Refined heatmap, drawn by").first.wait_for()
    assert chosen.inner_text() == "Class nodule"
    assert page.locator(".zoom").inner_text() == zoom
    assert page.get_by_label("Opacity of the heatmap").input_value() == "80"
    if page.locator(WARNING).count() == warnings:  # a warning needs space of its own
        assert top_of(page, "Prototypes") == pytest.approx(top, abs=2)

    refined = shown_heatmap(page)
    page.get_by_role("button", name="Refine further").first.click()
    page.get_by_text("Refining further…").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Refining further…").wait_for(state="detached")
    assert shown_heatmap(page) == refined


def test_a_heatmap_that_the_reader_switched_off_stays_off(page: Page, program: Program) -> None:
    open_demo(page, program, "effusion-rle.dcm")
    page.get_by_role("button", name="Explain").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    page.get_by_role("button", name="Heatmap", exact=True).click()
    assert shown_heatmap(page) == ""
    page.get_by_text("Refined heatmap, drawn by").first.wait_for()
    page.wait_for_timeout(500)
    assert shown_heatmap(page) == ""
    page.get_by_role("button", name="Show heatmap").first.click()
    page.locator("[data-heatmap=shown]").wait_for()


def test_the_text_is_that_of_the_visible_heatmap(page: Page, program: Program) -> None:
    open_demo(page, program, "consolidation-monochrome1.dcm")
    description = page.locator(".about")
    assert not description.is_visible()
    page.get_by_role("button", name="Explain").first.click()
    page.get_by_text("Refined heatmap, drawn by").first.wait_for()
    page.get_by_role("button", name="Explain").first.click()  # of the first prototype
    page.get_by_text(re.compile(r"Requested heatmap: Prototype p\d+$")).wait_for()
    page.get_by_text("Refined heatmap, drawn by").first.wait_for()
    assert "the similarity to p" in description.inner_text()
    # The viewer's own list, whose choice the server does not hear of.
    page.get_by_label("Saved heatmaps").select_option(label="Class consolidation")
    page.get_by_text("the probability of consolidation").locator("visible=true").first.wait_for()
    assert "the similarity to p" not in description.inner_text()
    page.get_by_role("button", name="Heatmap", exact=True).click()
    assert not description.is_visible()
