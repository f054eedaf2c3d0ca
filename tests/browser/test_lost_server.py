"""The server goes away and comes back under an open page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.viewer.connection import ENTRIES, LOST
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Program]:
    """A program of its own, without models, that may be killed."""
    running = Program(tmp_path)
    running.start()
    yield running
    running.stop()


def test_a_lost_server_is_said_in_our_words_and_what_was_written_stays(
    chromium: Browser, alone: Program
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.request.get(alone.entrance, max_redirects=0)
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(alone.address)
    page.get_by_label("Find").fill("what I look for")
    page.get_by_label("Find").press("Enter")
    page.get_by_text("No case matches these filters").wait_for()
    alone.stop()
    notice = page.locator("[data-notice=server-lost]")
    notice.wait_for()
    assert notice.inner_text() == f"{LOST} {ENTRIES}"
    page.locator("[data-testid=stDialog]").wait_for(state="detached")
    assert "streamlit" not in page.locator("body").inner_text().lower()
    alone.start()
    notice.wait_for(state="detached")
    page.get_by_text("No case matches these filters").wait_for()
    assert page.get_by_label("Find").input_value() == "what I look for"
    context.close()
