"""Several people at one installation, each in a browser of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.browser.running import PATIENCE, Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery"
_LINK = re.compile(r"http://localhost:\d+/sign-in/link\S+")


def first_administrator(chromium: Browser, program: Program) -> Page:
    """Whoever opens the link that the program printed at its start, named root."""
    page = _window(chromium)
    page.goto(link_in((program.data / "server.log").read_text()))
    page.get_by_label("Name").fill("root")
    set_password(page)
    page.get_by_text("root (").wait_for()
    return page


def person(chromium: Browser, program: Program, name: str, *roles: str) -> Page:
    """Somebody with an account, signed in."""
    page = _window(chromium)
    page.goto(program.add_user(name, *roles))
    set_password(page)
    page.get_by_text(f"{name} (").wait_for()
    return page


def set_password(page: Page) -> None:
    """Choose the first one, on the page that a link opens."""
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()


def link_in(printed: str) -> str:
    """The one link by which somebody sets a password."""
    (link,) = _LINK.findall(printed)
    return str(link)


def _window(chromium: Browser) -> Page:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    return context.new_page()
