"""A model with concepts in the room: its axes are seen, explained, judged and switched off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dprotonet.bundle.writer import add_reader
from tests.browser.image_files import write_image
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program
from tests.dprotonet.read_bundle import WHEN, untrained_reader
from tests.dprotonet.tiny_concepts import CONCEPTS, make_tiny_concept_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
NAME = CONCEPTS[0]


@pytest.fixture
def room(page: Page, program: Program, tmp_path: Path) -> ReadingRoom:
    """An image that a model with concepts has read."""
    folder = program.models / "tiny-concepts"
    if not folder.exists():
        make_tiny_concept_bundle(folder)
    return read_by(page, program, write_image(tmp_path / "IM000021", seed=21), folder.name)


@pytest.fixture
def marked(page: Page, program: Program, tmp_path: Path) -> ReadingRoom:
    """The same, where the model has a mask reader."""
    folder = program.models / "marked-axes"
    if not folder.exists():
        plain = make_tiny_concept_bundle(tmp_path / "plain", name=folder.name)
        add_reader(plain, untrained_reader(plain), folder, when=WHEN)
    return read_by(page, program, write_image(tmp_path / "IM000022", seed=22), folder.name)


def read_by(page: Page, program: Program, image: Path, model: str) -> ReadingRoom:
    """Upload an image and choose the model that reads it."""
    page.goto(program.address)
    opened = ReadingRoom(page)
    opened.upload(image)
    opened.read()
    models = page.get_by_label("Model for this case")
    label = re.search(rf"\S*{model}.*", models.inner_text())
    assert label is not None, models.inner_text()
    models.select_option(label=label[0].strip())
    page.locator(f".room table.waterfall:has-text('{NAME}')").wait_for()
    opened.read()
    return opened


def show_card(room: ReadingRoom, name: str) -> None:
    """Step to the card of an axis."""
    for _ in range(len(CONCEPTS) + 2):
        if room.page.locator(f"[data-judges='{name}']").count():
            return
        room.press("ArrowRight")
    raise AssertionError(f"no card of {name}: {room.page.locator('.card').inner_text()}")


def test_an_axis_is_seen_with_what_it_does_and_the_images_that_show_it_most(
    room: ReadingRoom, page: Page
) -> None:
    show_card(room, NAME)
    room.text(re.compile(r"Moves the prediction by [+−-]?\d"))
    room.text(re.compile(f"Concept “{NAME}” · speaks most for"))
    room.text(re.compile("higher than in .* of the model's own images"))
    room.text(re.compile(f"Training image 1 of {NAME}"))
    page.locator(".source .pane[data-image=shown]").wait_for()


def test_an_axis_is_explained_on_request(room: ReadingRoom, page: Page) -> None:
    page.get_by_label("Explain more…").select_option(label=f"Explain concept {NAME}")
    page.locator(".room[data-heatmap=shown]").wait_for()
    chosen = page.locator("select[aria-label=Heatmaps] option:checked")
    assert chosen.inner_text().startswith(f"Concept {NAME}")
    room.text(re.compile("Affects the model's output|Does not affect"))


def test_the_maps_of_classes_and_axes_are_there_with_the_prediction(
    marked: ReadingRoom, page: Page
) -> None:
    maps = page.locator("select[aria-label=Heatmaps]")
    marked.show_heatmap()
    offered = maps.locator("option").all_inner_texts()
    for name in ("Class none", "Class finding", *(f"Concept {name}" for name in CONCEPTS)):
        assert f"{name} · mask reader" in offered
    assert not [text for text in offered if "other" in text], "what is no concept has no map"
    maps.select_option(label=f"Concept {NAME} · mask reader")
    page.locator(".room[data-heatmap=shown][data-heatmap-url*='/api/instant-map/']").wait_for()
    claim = page.locator(".heatmap-bar .claim")
    claim.get_by_text(re.compile("was not measured on this image")).wait_for()
    claim.get_by_role("button", name="Measure").click()
    claim.get_by_text(re.compile("(Affects|Does not affect) the model's output")).wait_for()


def test_an_axis_is_judged_switched_off_and_signed(
    room: ReadingRoom, page: Page, program: Program
) -> None:
    show_card(room, NAME)
    table = page.locator("table.waterfall")
    before = table.inner_text()
    room.press("c")
    room.text(re.compile(r"\d %? ?→ "))
    assert NAME in before and NAME not in table.inner_text()
    card = page.locator(f"[data-judges='{NAME}'] .question")
    card.get_by_role("button", name="Artefact").click()
    card.get_by_role("button", name="Device").click()
    room.press("a", "4")
    case_id = room.sign()
    room.open(program.address, case_id)
    room.text("Details").click()
    room.text("1 concept judged.")
    room.text("1 change tried before.")
    show_card(room, NAME)
    assert card.locator("[aria-pressed=true]").all_inner_texts() == ["Artefact", "Device"]


def test_an_axis_can_be_switched_off_for_good(room: ReadingRoom, page: Page) -> None:
    show_card(room, NAME)
    room.text("This reason is wrong: switch it off for good…").click()
    page.get_by_text(re.compile(r"of \d+ validation images")).locator("visible=true").wait_for()
    page.get_by_role("tab", name=f"Concepts ({len(CONCEPTS)})").click()
    page.get_by_text("How well each axis finds its concept").wait_for()
    page.get_by_text("The 3 training images that show it most").first.wait_for()
