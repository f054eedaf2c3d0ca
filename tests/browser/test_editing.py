"""The journey of a wrong reason: switched off, proposed, approved, read anew, undone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def figures(room: ReadingRoom) -> str:
    """All that the open case says of its classes and prototypes."""
    room.read()
    return room.page.locator("table.waterfall").inner_text()


def test_a_wrong_reason_is_switched_off_approved_and_undone(
    page: Page, program: Program, tmp_path: Path
) -> None:
    from tests.browser.image_files import write_image

    image = write_image(tmp_path / "IM000007", seed=7)
    page.goto(program.address)
    room = ReadingRoom(page)
    case_id = room.upload(image)
    before = figures(room)
    room.text("This reason is wrong: switch it off for good…").click()
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
    page.get_by_text(f"tiny without {name}").locator("visible=true").first.wait_for()

    room.open(program.address, case_id)
    assert figures(room) == before, "this case is still of the model that read it"
    page.get_by_label("Model for this case").select_option(
        label=re.search(
            rf"\S.*without {name}.*", page.get_by_label("Model for this case").inner_text()
        )[0].strip()
    )
    room.text(re.compile(f"without {name}"))
    page.locator(f".room table.waterfall:not(:has-text('{name} ·'))").wait_for()
    assert figures(room) != before

    page.get_by_role("link", name="Model").first.click()
    page.get_by_role("tab", name="Edit its reasons").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Activate again").wait_for()
    header = page.locator(".st-key-page-header")
    header.get_by_text(re.compile("Active model tiny ")).wait_for()
    assert "without" not in header.inner_text()
