"""Several people: the first administrator, a reader with a link, and a session that is ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PASSWORD = "correct horse battery"
LINK = re.compile(r"http://localhost:\d+/sign-in/link\S+")


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program for several people; nobody has an account yet."""
    data = tmp_path_factory.mktemp("accounts")
    running = Program(data, environment={"DPROTONET_SIGN_IN": "accounts"})
    running.start()
    yield running
    running.stop()


def set_password(page: Page) -> None:
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()


def test_people_come_in_by_their_own_passwords_and_go_again(
    chromium: Browser, program: Program
) -> None:
    (link,) = LINK.findall((program.data / "server.log").read_text())
    root, ann = chromium.new_context(), chromium.new_context()
    page = root.new_page()
    page.goto(link)
    page.get_by_label("Name").fill("root")
    set_password(page)
    page.get_by_text("Add a user").wait_for(timeout=60_000)

    given = program.run("users", "add", "ann", "--role", "lead")
    page = ann.new_page()
    page.goto(LINK.findall(given)[0])
    set_password(page)
    page.get_by_text("ann (lead)").wait_for(timeout=60_000)
    page.goto(f"{program.address}/batch")
    page.get_by_text("ann (lead)").wait_for(timeout=60_000)

    other = ann.new_page()
    other.goto(f"{program.address}/sign-in")
    other.get_by_role("button", name="Sign out").click()
    other.get_by_label("Password").wait_for()
    # The page that was open does nothing more: the next press finds the websocket closed.
    page.get_by_role("link", name="Annotations").click()
    page.locator("[data-notice=server-lost]").wait_for(timeout=30_000)
    page.goto(program.address)
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("ann (lead)").wait_for(timeout=60_000)
    root.close()
    ann.close()
