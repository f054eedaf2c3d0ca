"""Heatmaps while the reader looks: off at first, a draft soon, and a better map in its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SHOWN_MAP = """() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
  .map((node) => node.shadowRoot?.querySelector('.viewer'))
  .find(Boolean)?.dataset.heatmapUrl ?? ''"""
WARNING = "[data-testid=stAlert]:visible"
ANOTHER_MAP = f"before => ![before, ''].includes(({SHOWN_MAP})())"


def open_demo(page: Page, program: Program, name: str) -> None:
    """An image whose model is large enough for both maps to be seen one after the other."""
    page.goto(program.address)
    page.get_by_placeholder("File name").fill(name)
    page.get_by_placeholder("File name").press("Enter")
    page.get_by_text("1 case", exact=True).wait_for()  # else the click may meet a row that goes
    page.get_by_role("button", name=name).click()
    page.locator("[data-image=shown]").wait_for()
    page.get_by_text("Bars to the right support").wait_for()


def shown_map(page: Page) -> str:
    """Address of the map that lies over the image; empty for none."""
    return str(page.evaluate(SHOWN_MAP))


def top_of(page: Page, name: str) -> float:
    box = page.get_by_role("tab", name=name).bounding_box()
    assert box is not None
    return box["y"]


def test_a_first_map_is_replaced_by_a_better_one_and_nothing_else_moves(
    page: Page, program: Program
) -> None:
    open_demo(page, program, "nodule.jpg")
    assert shown_map(page) == "", "maps begin off"
    page.get_by_role("button", name="Explain").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    draft = shown_map(page)
    chosen = page.get_by_label("Saved heatmaps").locator("option:checked")
    assert chosen.inner_text() == "Class nodule (first heatmap)"
    # On a quick machine the refined map may be there before the words can be read.
    page.get_by_text(
        re.compile("Showing the first heatmap; refining…|Refined heatmap, made in")
    ).wait_for()
    page.locator(".about").get_by_text("Hiding the marked 20 % of the image").wait_for()

    page.get_by_role("button", name="Zoom in").click()
    page.get_by_label("Opacity of the heatmap").fill("80")
    zoom = page.locator(".zoom").inner_text()
    top, warnings = top_of(page, "Prototypes"), page.locator(WARNING).count()
    page.wait_for_function(ANOTHER_MAP, arg=draft)
    page.get_by_text("Refined heatmap, made in").first.wait_for()
    assert chosen.inner_text() == "Class nodule"
    assert page.locator(".zoom").inner_text() == zoom
    assert page.get_by_label("Opacity of the heatmap").input_value() == "80"
    if page.locator(WARNING).count() == warnings:  # a warning takes room of its own
        assert top_of(page, "Prototypes") == pytest.approx(top, abs=2)

    refined = shown_map(page)
    page.get_by_role("button", name="Refine further").first.click()
    page.get_by_text("Refining further…").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Refining further…").wait_for(state="detached")
    assert shown_map(page) == refined


def test_a_map_that_the_reader_put_away_does_not_come_back_by_itself(
    page: Page, program: Program
) -> None:
    open_demo(page, program, "effusion-rle.dcm")
    page.get_by_role("button", name="Explain").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    page.get_by_role("button", name="Heatmap", exact=True).click()
    assert shown_map(page) == ""
    page.get_by_text("Refined heatmap, made in").first.wait_for()
    page.wait_for_timeout(500)
    assert shown_map(page) == ""
    page.get_by_role("button", name="Show heatmap").first.click()
    page.locator("[data-heatmap=shown]").wait_for()


def test_the_words_are_those_of_the_map_that_is_to_be_seen(page: Page, program: Program) -> None:
    open_demo(page, program, "consolidation-monochrome1.dcm")
    words = page.locator(".about")
    assert not words.is_visible()
    page.get_by_role("button", name="Explain").first.click()
    page.get_by_text("Refined heatmap, made in").first.wait_for()
    page.get_by_role("button", name="Explain").first.click()  # of the first prototype
    page.get_by_text(re.compile(r"Requested heatmap: Prototype p\d+$")).wait_for()
    page.get_by_text("Refined heatmap, made in").first.wait_for()
    assert "the similarity to p" in words.inner_text()
    # The viewer's own list, of which the server hears nothing.
    page.get_by_label("Saved heatmaps").select_option(label="Class consolidation")
    page.get_by_text("the probability of consolidation").locator("visible=true").first.wait_for()
    assert "the similarity to p" not in words.inner_text()
    page.get_by_role("button", name="Heatmap", exact=True).click()
    assert not words.is_visible()
