"""Names of files and classes in a real browser, which makes links of some text by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.app.views.names import CLASSES, FILES
from tests.app.views.screen import bare
from tests.browser.case_list import case_row, open_case
from tests.browser.reading_room import ReadingRoom, settled
from tests.browser.running import Program
from tests.dprotonet.tiny_bundle import make_tiny_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
# What a name could become, without the pages' own: prototype images, anchors, files, bars, icons.
MADE_OF_NAMES = """root => [
    ...(root ?? document).querySelectorAll('a[href], img, .katex, em, [role=img]')]
  .filter((node) => !node.closest('header, [data-testid=stIconMaterial], .measure, .pane'))
  .map((node) => node.getAttribute('href') ?? node.getAttribute('src') ?? node.outerHTML)
  .filter((text) => !/^(#|.model.|.batch|.api.(gallery|own-map|files|thumbnail).)/.test(text))
  .filter((text) => !text.startsWith('/api/room/report/'))
  .filter((text) => !text.includes('icon'))"""


@pytest.fixture
def odd(program: Program) -> Iterator[Program]:
    """The program with a model whose classes have odd names, which is active."""
    make_tiny_bundle(program.models / "odd", CLASSES, name="odd")
    program.activate("odd")
    yield program
    program.activate("tiny")


def test_no_page_makes_links_pictures_or_formulas_of_names(page: Page, odd: Program) -> None:
    from tests.app.services.workplaces import png

    page.goto(odd.address)
    page.locator("input[data-choose=files]").set_input_files(
        [
            {"name": name, "mimeType": "image/png", "buffer": png(number)}
            for number, name in enumerate(FILES)
        ]
    )
    made = {}
    page.get_by_text(f"{len(FILES)} added").wait_for()
    # The list is redrawn as long as rows wait for the worker.
    page.get_by_text("waiting", exact=True).first.wait_for(state="detached")
    settled(page)
    listed = [bare(text) for text in page.locator(".st-key-rows-cases button").all_inner_texts()]
    assert set(FILES) <= set(listed), "letter by letter"
    made["list"] = page.evaluate(MADE_OF_NAMES)
    open_case(page, case_row(page))
    room = ReadingRoom(page)
    room.ready()
    room.read()
    page.get_by_role("navigation", name="Queue").get_by_role("button").first.wait_for()
    page.locator("[data-action=more]").click()
    page.locator("dialog[open]").wait_for()
    made["case"] = room.root.evaluate(MADE_OF_NAMES)
    for name in ("batch", "annotations", "model"):
        page.goto(f"{odd.address}/{name}")
        page.get_by_text("Research use only, not for diagnosis").wait_for()
        settled(page)
        made[name] = page.evaluate(MADE_OF_NAMES)
    assert made == {name: [] for name in made}
