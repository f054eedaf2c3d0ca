"""A table in a real browser: uploaded, a row opened, read attribute by attribute, judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.case_list import case_row, open_case
from tests.browser.reading_room import ReadingRoom, settled
from tests.browser.running import Program
from tests.dprotonet.row_bundle import CSV, make_row_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

OF_IMAGES = re.compile(
    r".*\b(?:this|the|an|each|every|training|new|no|of) (?:image|film)s?\b.*", re.IGNORECASE
)
"""Sentences about an image; the tools that move what lies on the screen have none."""
_SAID = """() => {
    const texts = [];
    const walk = (node) => {
        if (node.shadowRoot) walk(node.shadowRoot);
        for (const child of node.childNodes) {
            if (child.nodeType === Node.TEXT_NODE) texts.push(child.textContent);
            if (child.nodeType !== Node.ELEMENT_NODE || child.matches("style, script")) continue;
            texts.push(child.title ?? "", child.ariaLabel ?? "");
            walk(child);
        }
    };
    walk(document.body);
    return texts.join("\\n");
}"""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with a small model of random weights that reads rows of a table."""
    running = Program(tmp_path_factory.mktemp("rows"))
    make_row_bundle(running.models / "tiny-rows")
    running.activate("tiny-rows")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three rows, one of which cannot be read."""
    path = tmp_path / "biopsies.csv"
    path.write_text(CSV.replace("0.12", "smooth"))
    return path


def test_a_row_is_uploaded_read_by_its_attributes_and_judged(
    page: Page, program: Program, table: Path
) -> None:
    page.goto(program.address)
    page.get_by_text("CSV in UTF-8, or Parquet").wait_for()
    page.locator("input[data-choose=files]").set_input_files(table)
    page.get_by_text("2 added, 1 not readable").wait_for()
    page.get_by_text("Line 3, column “smoothness”").wait_for()

    open_case(page, case_row(page, "biopsies.csv, line 2"))
    room = ReadingRoom(page)
    row = room.ready()
    assert "Malignant" in room.read()
    values = page.locator("table.values")
    assert re.split(r"\s+", values.locator("tbody tr").first.inner_text()) == [
        "radius",
        "10.5",
        "mm",
        "Hide",
    ]
    for tool in ("tool-window", "invert", "flip", "tool-length", "box"):
        assert not page.locator(f"[data-tool={tool}]").is_visible(), tool
    assert not page.get_by_label("Window of the greys").is_visible()
    assert page.locator("[data-tool=fit]").is_visible()
    room.press("b")
    assert page.locator(".image-screen .surface").get_attribute("data-tool") != "rectangle"

    _try_values(page, room)

    beside = page.locator("table.beside tbody tr")
    assert beside.count() == 4
    differing = page.locator("table.beside tr.differs")
    assert differing.count() > 0
    for sign in differing.locator(".sign").all_inner_texts():
        assert sign in "▲▼≠?", "what differs is known without colour"

    page.get_by_label("Explain more…").select_option(index=1)
    page.locator(".room[data-heatmap=shown]").wait_for()
    shares = page.locator("table.shares tbody tr")
    shares.first.wait_for()
    assert shares.count() == 4
    room.text(re.compile("lies on attributes: of that "))
    assert not OF_IMAGES.findall(said(page)), "what is read is a row, and its picture no image"

    room.press("j")
    page.locator(".judgement").get_by_role("button", name="Alike", exact=True).first.click()
    room.press("a", "4")
    assert room.sign() == row
    room.open(program.address, row)
    room.text("Details").click()
    room.text("Revision 1")
    room.text("2 changes tried before.")


def _try_values(page: Page, room: ReadingRoom) -> None:
    """A value is hidden, another one written and one chosen; what cannot be is refused."""
    answer = page.locator("p.tried[role=status]")
    hide = page.get_by_role("button", name="Hide", exact=True)
    assert hide.count() == 4
    hide.first.click()
    answer.filter(has_text=re.compile(r"Malignant \d.* % → ")).wait_for()
    room.text(re.compile(r"1 other attribute hidden, drawn at random: 0\.\d\d ± "))
    assert hide.first.get_attribute("aria-pressed") == "true"
    page.get_by_label("Another value of texture").fill("wide")
    room.press("Enter")
    answer.filter(has_text="“texture” holds text where a number is asked").wait_for()
    page.get_by_label("Another value of texture").fill("30")
    room.press("Enter")
    room.text("Changed: radius hidden, texture 30. What is hidden is read as missing.")
    page.locator("[data-action=restore]").click()
    answer.wait_for(state="detached")
    assert hide.first.get_attribute("aria-pressed") == "false"


def test_no_page_speaks_of_an_image_where_rows_are_read(page: Page, program: Program) -> None:
    page.goto(program.address)
    settled(page)
    page.get_by_text("Drop tables or a folder here").wait_for()
    assert not OF_IMAGES.findall(said(page))
    for address in ("batch", "annotations", "audit"):
        page.goto(f"{program.address}/{address}")
        settled(page)
        assert not OF_IMAGES.findall(said(page)), address
    page.goto(f"{program.address}/model")
    page.get_by_text("it gives every row a label").wait_for()


def said(page: Page) -> str:
    """Every text, title and label of the page, what is folded away included."""
    return str(page.evaluate(_SAID))


def test_an_image_says_why_this_model_does_not_read_it(
    page: Page, program: Program, image: Path
) -> None:
    page.goto(program.address)
    page.locator("input[data-choose=files]").set_input_files(image)
    page.get_by_text("The model tiny-rows reads rows of a table, and this is an image.").wait_for()
