"""The running program in Chromium; without Chromium a skip, and a failure with CI=true."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.people import first_administrator
from tests.browser.running import PATIENCE, Program
from tests.dprotonet.tiny_bundle import make_tiny_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

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
    """The program for one reader, with a small model of random weights, which is active."""
    running = Program(tmp_path_factory.mktemp("data"))
    classes = ("none", "consolidation", "effusion")
    make_tiny_bundle(
        running.models / "tiny", classes, name="tiny", prototypes_per_class=3, responses=True
    )
    running.activate("tiny")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program for several people, with a small model; as it starts nobody has an account."""
    running = Program(
        tmp_path_factory.mktemp("clinic"), environment={"DPROTONET_SIGN_IN": "accounts"}
    )
    make_tiny_bundle(
        running.models / "tiny",
        ("none", "finding"),
        name="tiny",
        backbone="mobilenet_v2",  # torchvision's, as in earnest
        responses=True,
    )
    running.activate("tiny")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def administrator(chromium: Browser, clinic: Program) -> Page:
    """The page of the clinic's first administrator, who came by the link that the start printed."""
    return first_administrator(chromium, clinic)


@pytest.fixture(scope="session")
def window_of(chromium: Browser) -> Callable[[str, str], BrowserContext]:
    """A browser window of 1280 × 800 at a program's entrance, in a colour scheme.

    It is opened once and keeps what it loaded and compiled, which takes a second a window.
    """

    @cache
    def opened(entrance: str, scheme: str) -> BrowserContext:
        context = chromium.new_context(
            viewport={"width": 1280, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        context.request.get(entrance, max_redirects=0)
        context.set_default_timeout(PATIENCE)
        return context

    return opened


@pytest.fixture(params=["light"])
def page(
    window_of: Callable[[str, str], BrowserContext],
    program: Program,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """A fresh tab, with nothing stored; complaints and requests to other hosts are collected."""
    window = window_of(program.entrance, request.param)
    opened = window.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: _note(complaints, message.type, message.text))
    opened.on("request", lambda request: _note_outside(complaints, request.url, program.address))
    yield opened
    window.new_cdp_session(opened).send(
        "Storage.clearDataForOrigin",
        {"origin": program.address, "storageTypes": "local_storage"},
    )
    opened.close()
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
