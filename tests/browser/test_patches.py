"""A ProtoPNet in a real browser: read, explained, judged, and its patches on the Model page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.image_files import write_image
from tests.browser.reading_room import ReadingRoom, settled
from tests.browser.running import Program
from tests.dprotonet.tiny_bundle import make_tiny_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CLASSES = ("none", "consolidation", "effusion")


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with a small ProtoPNet that has another number of prototypes for each class."""
    running = Program(tmp_path_factory.mktemp("data"))
    make_tiny_bundle(
        running.models / "patches",
        CLASSES,
        name="patches",
        masks="patch",
        prototypes_per_class=(1, 3, 2),
        responses=True,
    )
    running.activate("patches")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def opened(chromium: Browser, patches: Program) -> Iterator[Page]:
    """A page of that program."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.request.get(patches.entrance, max_redirects=0)
    context.set_default_timeout(90_000)
    yield context.new_page()
    context.close()


def test_a_protopnet_is_explained_and_judged_and_its_patches_have_boxes(
    opened: Page, patches: Program, tmp_path: Path
) -> None:
    opened.goto(patches.address)
    room = ReadingRoom(opened)
    room.upload(write_image(tmp_path / "IM000003", seed=3))
    room.read()
    room.text("Details").click()
    room.text(re.compile("6 contributions sum to the logit"))
    opened.locator(".source .pane[data-image=shown]").wait_for()
    opened.get_by_label("Explain more…").select_option(index=1)
    opened.locator(".room[data-heatmap=shown]").wait_for()

    room.press("j")
    card = opened.locator(".judgement .question")
    card.get_by_role("button", name="Artefact").first.click()
    card.get_by_role("button", name="Border").first.click()
    room.press("a", "4")
    room.sign()

    opened.get_by_role("link", name="Model").first.click()
    settled(opened)
    opened.get_by_role("tab", name="Prototypes (6)").click()
    opened.get_by_text(re.compile("Each prototype is one patch of a training image")).wait_for()
    opened.get_by_text(re.compile(r"\d of its 3 nearest training patches")).first.wait_for()
    picture = opened.locator("img[src*='/api/nearest/']").first
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 224
    assert opened.locator("img[src*='/api/nearest/']").count() == 3 * 4, "of one class's three"
