"""axe-core looks at every page, in the light and in the dark: nothing serious of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.app.services.workplaces import png
from tests.browser.case_list import case_row
from tests.browser.reading_room import ReadingRoom, settled
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
GRAVE = ("serious", "critical")
PAGES = ("/batch", "/annotations", "/studies", "/model", "/audit")
OF_STREAMLIT: dict[str, str] = {}
"""Rules that Streamlit's own elements break, each with the reason why we cannot mend it: none."""


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_no_page_keeps_anybody_out(page: Page, program: Program) -> None:
    found = {}
    page.goto(program.address)
    image = {"name": "for everybody.png", "mimeType": "image/png", "buffer": png(7, side=64)}
    page.locator("input[data-choose=files]").set_input_files([image])
    page.locator(".image-screen [data-image=shown]").wait_for()
    ReadingRoom(page).read()
    page.locator("table.waterfall").locator("visible=true").first.wait_for()
    found["case"] = grave(page)
    page.get_by_role("button", name="All cases").click()
    case_row(page, "for everybody").wait_for()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_role("group", name="Added until").wait_for()
    found["list"] = grave(page)
    for path in PAGES:
        page.goto(program.address + path)
        settled(page)
        found[path] = grave(page)
    assert found == {name: [] for name in found}


def grave(page: Page) -> list[tuple[str, Any]]:
    """What axe finds serious: each rule with where it is broken."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page).response["violations"]
    return [
        (violation["id"], [(node["target"], node["failureSummary"]) for node in violation["nodes"]])
        for violation in violations
        if violation["impact"] in GRAVE and violation["id"] not in OF_STREAMLIT
    ]
