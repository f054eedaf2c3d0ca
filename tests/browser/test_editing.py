"""The journey of a wrong reason: switched off, proposed, approved, read anew, undone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SHOWN = re.compile("to the logit")


def probabilities(page: Page) -> list[str]:
    """The numbers on the bars of the open case."""
    page.locator(".js-plotly-plot").first.wait_for()
    texts = page.locator(".js-plotly-plot .annotation-text").all_text_contents()
    return [text.strip() for text in texts]


def test_a_wrong_reason_is_switched_off_approved_and_undone(
    page: Page, program: Program, tmp_path: Path
) -> None:
    from tests.browser.image_files import write_image

    image = write_image(tmp_path / "IM000007", seed=7)
    page.goto(program.address)
    page.locator("input[data-choose=files]").set_input_files(image)
    page.locator("[data-image=shown]").wait_for()
    page.get_by_role("button", name="Judge").first.wait_for()
    before, case = probabilities(page), page.url

    page.get_by_role("button", name="Judge").first.click()
    page.get_by_text("This reason is wrong: switch it off…").locator("visible=true").click()
    page.get_by_text("This can be done.").wait_for()
    off = re.search(r"[?&]off=(p\d+)", page.url)
    assert off is not None, page.url
    name = off[1]
    page.get_by_text(re.compile("of 18 validation images")).locator("visible=true").wait_for()
    page.get_by_placeholder("It shows a marker.").fill("It shows the border")
    page.get_by_placeholder("It shows a marker.").press("Enter")
    page.get_by_role("button", name="Propose").click()

    page.get_by_role("button", name="Approve and activate").wait_for()
    page.get_by_text("It is marked “approved by the proposer”").wait_for()
    page.get_by_role("button", name="Approve and activate").click()
    page.get_by_text(f"tiny without {name}").first.wait_for()

    page.goto(case)
    page.locator("[data-image=shown]").wait_for()
    page.get_by_label("Model for this case").click()
    page.get_by_role("option", name=f"tiny without {name}").click()
    page.get_by_text(f"without {name}", exact=True).first.wait_for()
    page.get_by_role("button", name="Judge").first.wait_for()
    page.wait_for_timeout(500)
    assert probabilities(page) != before
    assert page.locator(f".st-key-match-{name}").count() == 0

    page.get_by_role("link", name="Model").first.click()
    page.get_by_role("tab", name="Edit its reasons").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Activate again").wait_for()
    header = page.locator(".st-key-page-header")
    header.get_by_text(re.compile("Active model tiny ")).wait_for()
    assert "without" not in header.inner_text()
