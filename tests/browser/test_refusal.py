"""An image that the model was not made for: no percentage and no class anywhere in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CLASSES = ("no-oedema", "oedema", "effusion")
DIAGNOSIS = re.compile(r"\d\s*%|oedema|effusion|contribution|logit")
TITLE = "Unlike what this model was trained on"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with a small model that takes grey images of its own kind."""
    from tests.dprotonet.gated_bundle import make_gated_bundle

    data = tmp_path_factory.mktemp("gated")
    make_gated_bundle(data / "models" / "gated", CLASSES, name="gated", negative_class="no-oedema")
    running = Program(data)
    running.run("models", "activate", "gated")
    running.start()
    yield running
    running.stop()


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
    from tests.dprotonet.tiny_bundle import tiny_images

    path = tmp_path / "usual.png"
    Image.fromarray(tiny_images(len(CLASSES), 1, seed=4)[0]).save(path)
    return path


def upload(page: Page, path: Path) -> None:
    page.locator("input[data-choose=files]").set_input_files(path)
    page.locator("[data-image=shown]").wait_for()


def words(page: Page) -> str:
    """All that the page says, in its viewer too."""
    # Without the viewer's style sheet, and its bar with the magnification in percent.
    inside = """() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
      .flatMap((node) => [...node.shadowRoot?.querySelectorAll('.about, select, .hint') ?? []])
      .map((part) => part.textContent).join(' ')"""
    return f"{page.locator('[data-testid=stMain]').inner_text()} {page.evaluate(inside)}"


def test_a_refused_image_gets_no_diagnosis(page: Page, program: Program, strange: Path) -> None:
    page.goto(program.address)
    upload(page, strange)
    page.get_by_text(TITLE).first.wait_for()
    page.get_by_text(re.compile(r"Distance \d+\.\d\d, its limit is")).wait_for()
    assert not DIAGNOSIS.search(words(page)), words(page)
    assert page.locator(".js-plotly-plot").count() == 0


def test_what_was_computed_is_shown_on_request_beside_the_caution(
    page: Page, program: Program, strange: Path
) -> None:
    page.goto(program.address)
    upload(page, strange)
    page.get_by_text("Show what the network computed anyway").click()
    page.get_by_text("is not evidence for or against any finding").first.wait_for()
    page.get_by_role("button", name="Explain").first.click()
    page.locator("[data-heatmap=shown]").wait_for()
    page.locator(".about").get_by_text("is not evidence for or against").wait_for()
    assert "the probability of" not in words(page)
    page.get_by_text("Hide what the network computed").click()
    page.locator("[data-heatmap=absent]").wait_for()
    assert not DIAGNOSIS.search(words(page)), words(page)


def test_the_list_shows_a_refused_image_beside_one_that_is_read(
    page: Page, program: Program, strange: Path, usual: Path
) -> None:
    page.goto(program.address)
    upload(page, usual)
    page.locator("table.waterfall").first.wait_for()
    page.get_by_role("button", name="All cases").click()
    row = page.locator("[class*=st-key-row-]").filter(has_text="stripes.png")
    row.get_by_text("Unlike the training images").wait_for()
    row.get_by_text("refused", exact=True).wait_for()
    assert not DIAGNOSIS.search(row.inner_text())
    read = page.locator("[class*=st-key-row-]").filter(has_text="usual.png")
    assert re.search(r"\d\s*%", read.inner_text())
