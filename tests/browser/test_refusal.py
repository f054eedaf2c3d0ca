"""An image that the model was not made for: no percentage and no class anywhere in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program
from tests.dprotonet.gated_bundle import make_gated_bundle
from tests.dprotonet.tiny_bundle import tiny_images

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CLASSES = ("no-oedema", "oedema", "effusion")
DIAGNOSIS = re.compile(r"\d\s*%|oedema|effusion|contribution|logit")
TITLE = "This image is unlike what the model was trained on"


@pytest.fixture(scope="module")
def program(program: Program) -> Iterator[Program]:
    """The program with a small model for grey images of its own kind, which is active."""
    folder = program.models / "gated"
    make_gated_bundle(folder, CLASSES, name="gated", negative_class="no-oedema")
    program.activate("gated")
    yield program
    program.activate("tiny")


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A grey image of stripes."""
    rows, columns = np.mgrid[:160, :120]
    path = tmp_path / "stripes.png"
    Image.fromarray(np.where((rows // 4 + columns // 4) % 2, 255, 0).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def usual(tmp_path: Path) -> Path:
    """An image like those that the gate was fitted to."""
    path = tmp_path / "usual.png"
    Image.fromarray(tiny_images(len(CLASSES), 1, seed=4)[0]).save(path)
    return path


def upload(page: Page, program: Program, path: Path) -> ReadingRoom:
    """The room with this image, read by the model."""
    page.goto(program.address)
    room = ReadingRoom(page)
    room.upload(path)
    room.read()
    return room


def words(page: Page) -> str:
    """All that the room says of the image, and all that its fields hold, seen or not."""
    # Not the queue, whose files are named after findings.
    parts = page.locator(".room > :not(.middle), .image-side, .evidence")
    return " ".join(part.evaluate("node => node.textContent") for part in parts.all())


def test_a_refused_image_gets_no_diagnosis(page: Page, program: Program, strange: Path) -> None:
    room = upload(page, program, strange)
    room.text(re.compile(TITLE))
    room.text(re.compile(r"Distance \d+\.\d\d, its limit is"))
    assert not DIAGNOSIS.search(words(page)), words(page)
    assert page.locator("table.waterfall, table.probabilities").count() == 0


def test_what_was_computed_is_shown_on_request_beside_the_caution(
    page: Page, program: Program, strange: Path
) -> None:
    room = upload(page, program, strange)
    room.text("Show what the network computed anyway").click()
    room.text(re.compile("is not evidence for or against any finding"))
    page.get_by_label("Explain more…").select_option(index=1)
    page.locator(".room[data-heatmap=shown]").wait_for()
    claim = page.locator(".heatmap-bar .claim")
    cautions = claim.get_by_text(re.compile("is not evidence for or against"))
    cautions.locator("visible=true").first.wait_for()
    assert "the probability of" not in words(page)
    room.text("Hide what the network computed").click()
    page.locator(".room[data-heatmap=absent]").wait_for()
    page.locator(".image-screen .pane[data-heatmap=absent]").wait_for()
    assert not DIAGNOSIS.search(words(page)), words(page)


def test_the_list_shows_a_refused_image_beside_one_that_is_read(
    page: Page, program: Program, strange: Path, usual: Path
) -> None:
    upload(page, program, strange)
    upload(page, program, usual)
    page.locator("table.waterfall").wait_for()
    page.get_by_role("button", name="All cases").click()
    row = page.locator("[class*=st-key-row-]").filter(has_text="stripes.png")
    row.get_by_text("Unlike the training data").wait_for()
    row.get_by_text("refused", exact=True).wait_for()
    assert not DIAGNOSIS.search(row.inner_text())
    read = page.locator("[class*=st-key-row-]").filter(has_text="usual.png")
    assert re.search(r"\d\s*%", read.inner_text())
