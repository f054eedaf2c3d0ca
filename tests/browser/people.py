"""Several people at one installation, each in a browser of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery"
_LINK = re.compile(r"http://localhost:\d+/sign-in/link\S+")


def person(chromium: Browser, program: Program, name: str, *roles: str) -> Page:
    """Somebody with an account, signed in."""
    given = [part for role in roles for part in ("--role", role)]
    link = _LINK.findall(program.run("users", "add", name, *given))[0]
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(60_000)
    page.goto(link)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.get_by_text(f"{name} (").wait_for()
    return page
