"""Several people: the first administrator, a reader with a link, and a session that is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.people import PASSWORD, link_in, set_password
from tests.browser.reading_room import settled
from tests.browser.running import PATIENCE, Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("administrator"),  # with whom the accounts begin
]


def test_the_first_administrator_comes_by_the_printed_link(administrator: Page) -> None:
    administrator.get_by_text("Add a user").wait_for()


def test_people_come_in_by_their_own_passwords_and_go_again(
    chromium: Browser, clinic: Program
) -> None:
    window = chromium.new_context()
    window.set_default_timeout(PATIENCE)
    page, other = window.new_page(), window.new_page()
    page.goto(link_in(clinic.run("users", "add", "cleo", "--role", "lead")))
    set_password(page)
    page.get_by_text("cleo (lead)").wait_for()
    with page.expect_response("**/connection.js") as notice:
        page.goto(f"{clinic.address}/batch")
    notice.value.finished()  # the page can say that the server is lost
    settled(page)
    page.get_by_text("cleo (lead)").wait_for()

    other.goto(f"{clinic.address}/sign-in")
    other.get_by_role("button", name="Sign out").click()
    other.get_by_label("Password").wait_for()
    # The page that was open does nothing more: the next press finds the websocket closed.
    page.get_by_role("link", name="Annotations").click()
    page.locator("[data-notice=server-lost]").wait_for()
    page.goto(clinic.address)
    page.get_by_label("Name").fill("cleo")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("cleo (lead)").wait_for()
    window.close()
