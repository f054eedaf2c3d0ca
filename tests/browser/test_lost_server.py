"""The server goes away and comes back under open pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.viewer.connection import ENTRIES, LOST
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SOUGHT = "what I look for"
REMARK = "A remark that was never signed"


def test_a_lost_server_is_said_in_our_words_and_nothing_that_was_written_is_lost(
    page: Page, program: Program, image: Path
) -> None:
    page.goto(program.address)
    room = ReadingRoom(page)
    room.upload(image)
    room.read()
    room.press("a", "4")
    room.kept()
    listed = page.context.new_page()
    seek(listed, program)

    program.stop()
    says_that_it_is_lost(listed)
    keeps_what_is_written(room)
    program.start()

    finds_as_before(listed)
    listed.close()
    is_signed_with_what_was_written(room)


def seek(page: Page, program: Program) -> None:
    """Write into a filter of the list."""
    page.goto(program.address)
    page.get_by_label("Find").fill(SOUGHT)
    page.get_by_label("Find").press("Enter")
    page.get_by_text("No case matches these filters").wait_for()


def says_that_it_is_lost(page: Page) -> None:
    """In our words, and in none of Streamlit's."""
    notice = page.locator("[data-notice=server-lost]")
    notice.wait_for()
    assert notice.inner_text() == f"{LOST} {ENTRIES}"
    page.locator("[data-testid=stDialog]").wait_for(state="detached")
    assert "streamlit" not in page.locator("body").inner_text().lower()


def finds_as_before(page: Page) -> None:
    """The list goes on by itself."""
    page.locator("[data-notice=server-lost]").wait_for(state="detached")
    page.get_by_text("No case matches these filters").wait_for()
    assert page.get_by_label("Find").input_value() == SOUGHT


def keeps_what_is_written(room: ReadingRoom) -> None:
    """A remark, and a signature that cannot be."""
    room.page.locator("textarea").fill(REMARK)
    room.page.locator(".room[data-draft=lost]").wait_for()
    room.text(re.compile("Not kept yet: the server does not answer"))
    room.press("Control+Enter")
    room.text(re.compile("Not signed: the server does not answer. Your entries are kept"))


def is_signed_with_what_was_written(room: ReadingRoom) -> None:
    """The draft is kept by itself, found after a reload, and signed."""
    room.kept()
    room.page.reload()
    room.ready()
    assert room.page.locator("textarea").input_value() == REMARK
    assert room.chosen("verdict").inner_text() == "Right"
    room.sign()
