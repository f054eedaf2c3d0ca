"""The main journey: from an uploaded image to a verdict that is found after a restart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.case_list import case_row, open_case
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_an_image_is_uploaded_explained_signed_and_found_after_a_restart(
    page: Page, program: Program, image: Path
) -> None:
    page.goto(program.address)
    page.get_by_text("Research use only, not for diagnosis").wait_for()
    page.locator("input[data-choose=files]").set_input_files(image)

    page.locator("[data-image=shown]").wait_for()
    page.locator("table.waterfall").first.wait_for()
    assert page.get_by_text("9 contributions sum to the logit").locator("visible=true").count() == 0
    page.get_by_text("Details", exact=True).click()
    page.get_by_text(re.compile("9 contributions sum to the logit")).wait_for()
    assert re.search(r"[?&]case=[0-9a-f]{16}", page.url)
    assert page.locator("[data-heatmap=absent]").count() == 1
    pictures = page.locator('img[src*="/api/gallery/"]')
    pictures.first.wait_for()
    assert pictures.first.evaluate("picture => picture.complete && picture.naturalWidth > 0")

    page.get_by_role("button", name="Explain").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    page.locator(".about").get_by_text("Hiding the marked").wait_for()

    page.get_by_role("tab", name="Verdict").click()
    page.get_by_text("Supplement", exact=True).click()
    page.get_by_text("5 certain", exact=True).click()
    page.get_by_label("Remarks").fill("An image of the journey")
    page.get_by_label("Remarks").blur()
    page.get_by_role("button", name="Save revision 1").click()
    page.get_by_text("Saved as revision 1").wait_for()
    address = page.url

    page.goto("about:blank")
    program.stop()
    program.start()
    page.goto(program.address)
    page.get_by_placeholder("File name").fill("IM0000")
    page.get_by_placeholder("File name").press("Enter")
    open_case(page, case_row(page, "IM000001"))
    page.get_by_role("tab", name="Revisions (1)").click()
    page.get_by_text("An image of the journey").locator("visible=true").first.wait_for()
    assert page.url == address
    page.locator("[data-image=shown]").wait_for()
    page.get_by_role("button", name="Show heatmap").first.wait_for()
    assert page.locator("[data-heatmap=absent]").count() == 1, "heatmaps begin switched off"
