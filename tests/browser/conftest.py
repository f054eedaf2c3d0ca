"""The running program in Chromium; without Chromium a skip, and a failure with CI=true."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE = 90_000  # milliseconds for one thing to appear, on a busy machine
EXPECTED = (
    *("404 (Not Found)", "net::ERR_FAILED", "net::ERR_CONNECTION_REFUSED"),
    *("net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_EMPTY_RESPONSE", "net::ERR_SOCKET"),
    *(
        "net::ERR_CONNECTION_RESET",
        "status of 422",
        "status of 409",
        "Client Error",
        "Is Streamlit",
    ),
)
# Without requests of Chromium itself to its maker.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    path = shutil.which("chromium")
    if path is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with a small model of random weights, which is active."""
    from tests.dprotonet.tiny_bundle import make_tiny_bundle

    data = tmp_path_factory.mktemp("data")
    classes = ("none", "consolidation", "effusion")
    make_tiny_bundle(
        data / "models" / "tiny", classes, name="tiny", prototypes_per_class=3, responses=True
    )
    running = Program(data)
    running.run("models", "activate", "tiny")
    running.start()
    yield running
    running.stop()


@pytest.fixture(params=["light"])
def page(chromium: Browser, program: Program, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh window of 1280 × 800; complaints and requests to other hosts are collected."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme=request.param
    )
    context.request.get(program.entrance, max_redirects=0)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: _note(complaints, message.type, message.text))
    opened.on("request", lambda request: _note_outside(complaints, request.url, program.address))
    yield opened
    context.close()
    assert complaints == []


def _note(complaints: list[str], kind: str, text: str) -> None:
    # Streamlit expects a 404: on a page's own address it first looks for itself below that address.
    # The others come from a route that the test itself cut, a server that it stopped, and what it
    # wants to be refused.
    if kind == "error" and not any(expected in text for expected in EXPECTED):
        complaints.append(text)


def _note_outside(complaints: list[str], url: str, address: str) -> None:
    if not url.startswith((address, "ws" + address[4:], "blob:" + address, "data:")):
        complaints.append(f"asked {url}")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A small DICOM image whose name ends in nothing."""
    from tests.browser.image_files import write_image

    return write_image(tmp_path / "IM000001")
