"""A patient's files through a real browser: no answer and no page names the person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.app.services.deidentify.planted import (
    FILE_NAME,
    FOLDER,
    found_in,
    found_in_files,
    planted_archive,
    planted_dicom,
    planted_pictures,
)
from tests.browser.case_list import case_row, open_case
from tests.browser.reading_room import ReadingRoom, settled
from tests.browser.running import Program
from tests.dprotonet.tiny_bundle import make_tiny_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response, WebSocket

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program for patients, with a small model and a server folder."""
    data, outside = tmp_path_factory.mktemp("patients"), tmp_path_factory.mktemp("outside")
    (outside / "temporary").mkdir()
    (outside / "images" / FOLDER).mkdir(parents=True)
    (outside / "images" / FOLDER / f"{FILE_NAME}.dcm").write_bytes(planted_dicom(7))
    (outside / "key").write_text("ab" * 32)
    (outside / "key").chmod(0o600)
    running = Program(
        data,
        environment={
            "DPROTONET_PATIENTS": "yes",
            "DPROTONET_PSEUDONYM_KEY": str(outside / "key"),
            "DPROTONET_FOLDERS": str(outside / "images"),
            "TMPDIR": str(outside / "temporary"),
        },
    )
    make_tiny_bundle(running.models / "tiny", ("none", "finding"), name="tiny")
    running.activate("tiny")
    running.start()
    yield running
    running.stop()


class Traffic:
    """All that the server sends to one page, and every address that is asked for."""

    def __init__(self, page: Page) -> None:
        self.found: dict[str, set[str]] = {}
        self.answers = self.frames = 0
        page.on("request", lambda request: self._look("address", request.url.encode()))
        page.on("response", self._response)
        page.on("websocket", self._websocket)

    def _response(self, response: Response) -> None:
        self._look("headers", repr(response.headers).encode())
        if response.status == 200:
            self.answers += 1
            self._look(f"answer {response.url}", response.body())

    def _websocket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._frame)

    def _frame(self, payload: bytes | str) -> None:
        self.frames += 1
        self._look("websocket", payload if isinstance(payload, bytes) else payload.encode())

    def _look(self, place: str, data: bytes) -> None:
        if hits := found_in(data):
            self.found.setdefault(place, set()).update(hits)


def test_no_page_and_no_answer_names_the_person(
    page: Page, program: Program, tmp_path: Path
) -> None:
    traffic = Traffic(page)
    files = {f"{FILE_NAME}.dcm": planted_dicom(1), f"{FILE_NAME}.txt": b"a letter"}
    files |= {f"{FILE_NAME}.{ending}": data for ending, data in planted_pictures().items()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    page.goto(program.address)
    page.get_by_text("No images yet").wait_for()  # no demo cases
    page.locator("input[data-choose=files]").set_input_files([tmp_path / name for name in files])
    page.get_by_text("4 added, 1 not an image").wait_for()
    page.locator("[data-upload=empty]").wait_for()
    shown = [page.content()]
    open_case(page, case_row(page, "P-"))
    room = ReadingRoom(page)
    room.ready()
    room.read()
    page.locator("[data-action=more]").click()
    page.locator("dialog[open]").wait_for()
    shown.append(page.content() + room.root.inner_html())

    (tmp_path / f"{FOLDER}.zip").write_bytes(planted_archive(3))
    page.goto(f"{program.address}/batch")
    page.locator("input[data-choose=files]").set_input_files(tmp_path / f"{FOLDER}.zip")
    page.get_by_text("Chosen: 1 file").wait_for()
    page.get_by_role("button", name="Start").click()
    page.get_by_text(re.compile("3 of 3 files .* finished")).wait_for()
    shown.append(page.content())
    page.goto(f"{program.address}/batch")
    page.locator("[data-upload=empty]").wait_for()  # a press before that is lost
    page.get_by_text("Server folder").locator("visible=true").first.click()
    page.get_by_text("Hidden files and links are skipped").wait_for()
    page.get_by_role("button", name="Start").click()
    page.get_by_text("1 of 1 file · finished").wait_for()
    shown.append(page.content())
    page.goto(f"{program.address}/annotations")
    settled(page)
    shown.append(page.content())

    assert traffic.answers > 20 and traffic.frames > 20
    assert traffic.found == {}
    assert [found_in(text.encode()) for text in shown] == [set()] * 5
    program.run("backup")
    assert found_in_files([program.data]) == {}  # the server's log is in it

    # The search does see what is asked for and what is answered.
    page.route("**/healthz*", lambda route: route.fulfill(body=f"for {FILE_NAME}"))
    with page.expect_response("**/healthz*") as answer:
        page.evaluate(f"fetch('/healthz?{FILE_NAME}')")
    answer.value.finished()
    assert {place.split()[0] for place in traffic.found} >= {"address", "answer"}
