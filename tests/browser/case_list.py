"""Opening a case from the list, also while the list is being redrawn."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PATIENCE = 90  # seconds, on a busy machine


def case_row(page: Page, name: str = "") -> Locator:
    """The newest row of the list whose file name contains a text."""
    return page.locator(".st-key-rows-cases button").filter(has_text=name).first


def open_case(page: Page, row: Locator) -> None:
    """Click a row until its image is shown: a click on a row that is just being redrawn is lost."""
    from playwright.sync_api import TimeoutError

    displayed = page.locator(".image-screen [data-image=shown]")
    deadline = time.monotonic() + PATIENCE
    while not displayed.is_visible() and time.monotonic() < deadline:
        with suppress(TimeoutError):  # a click that worked takes the row off the page
            row.click(timeout=2_000)
        with suppress(TimeoutError):
            displayed.wait_for(timeout=5_000)
    displayed.wait_for(timeout=1_000)
