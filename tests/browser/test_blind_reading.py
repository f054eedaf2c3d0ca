"""A study from its protocol to its export: readers who see the image first, and then the model."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.image_files import write_image
from tests.browser.people import person
from tests.browser.reading_room import ReadingRoom, settled
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response, WebSocket

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("administrator"),  # with whom the accounts begin
]
IMAGES = 3


class Traffic:
    """All that the server sends to one page, searched for what a model said of some cases."""

    def __init__(self, page: Page, data: Path) -> None:
        self._data = data
        self._bodies: list[tuple[str, bytes]] = []
        page.on("response", self._response)
        page.on("websocket", self._websocket)

    def _response(self, response: Response) -> None:
        from playwright.sync_api import Error

        if response.status != 200:
            return
        try:
            body = response.body()
        except Error:
            return  # the page was left before it came: nobody saw it
        self._bodies.append((response.url, body))

    def _websocket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._frame)

    def _frame(self, payload: bytes | str) -> None:
        data = payload if isinstance(payload, bytes) else payload.encode()
        self._bodies.append(("websocket", data))

    def telling(self, case_id: str) -> list[str]:
        """Where something came from that only the model's answer on a case holds."""
        with sqlite3.connect(self._data / "review.sqlite3") as rows:
            query = "SELECT result FROM prediction WHERE case_id = ?"
            (result,) = rows.execute(query, (case_id,)).fetchone()
        said = json.loads(result)
        figures = [*said["probabilities"].values(), *said["logits"].values()]
        secrets = [f"{figure:.7f}"[:8].encode() for figure in figures if abs(figure) > 0.001]
        assert secrets
        return [url for url, body in self._bodies if any(secret in body for secret in secrets)]


def test_a_study_goes_from_the_protocol_to_the_export(
    chromium: Browser, clinic: Program, tmp_path: Path
) -> None:
    lead = person(chromium, clinic, "lena", "lead")
    pages = {name: person(chromium, clinic, name, "reader") for name in ("ann", "ben")}
    judge = person(chromium, clinic, "ada", "adjudicator")

    lead.goto(clinic.address)
    for number in range(IMAGES):
        ReadingRoom(lead).upload(write_image(tmp_path / f"IM{number}", seed=number))
        ReadingRoom(lead).read()
        lead.goto(clinic.address)
    study = open_study(lead, clinic)

    traffic = Traffic(pages["ann"], clinic.data)
    read_by_keys(pages["ann"], clinic, study, traffic)
    read_by_hand(pages["ben"], clinic, study)
    decide(judge, clinic)
    close_and_export(lead, clinic)


def open_study(lead: Page, program: Program) -> str:
    """Written, filled and opened by the lead; returns its id."""
    lead.set_viewport_size({"width": 1280, "height": 1800})  # lists open where there is room
    lead.goto(f"{program.address}/studies")
    lead.get_by_text("New study").click()
    lead.get_by_label("Name of the study").fill("Two readers")
    lead.get_by_label("Name of the study").press("Enter")
    for field, names in (("Readers", ("ann", "ben")), ("Adjudicators", ("ada",))):
        for name in names:
            choose(lead, field, name)
    lead.get_by_role("button", name="Create").click()
    lead.get_by_role("button", name="Open for reading").click()
    lead.get_by_role("button", name="Open for reading").wait_for(state="detached")
    with sqlite3.connect(program.data / "review.sqlite3") as rows:
        (study,) = rows.execute("SELECT id FROM study").fetchone()
    return str(study)


def choose(page: Page, field: str, name: str) -> None:
    """Choose one of several in a field."""
    box = page.get_by_role("combobox", name=re.compile(f"{field}$"))
    chosen = page.locator("[data-testid=stMultiSelect]", has_text=field)
    box.click()
    page.get_by_role("option", name=name, exact=True).last.click()
    chosen.locator("[data-tag]", has_text=name).wait_for()
    page.keyboard.press("Escape")


def read_by_keys(page: Page, program: Program, study: str, traffic: Traffic) -> None:
    """A blinded reader over all cases, by keyboard alone."""
    page.goto(f"{program.address}/studies")
    page.get_by_role("link", name=re.compile("Read")).first.click()
    room = ReadingRoom(page)
    case_id = room.ready()
    for number in range(IMAGES):
        room.text("First read: the model's answer is hidden")
        assert page.locator(".evidence").is_hidden() and page.locator("[data-tone]").count() == 0
        room.press("j", "ArrowRight", "Space", "4", "Shift+N")
        assert room.chosen("label").inner_text() == "finding"
        room.kept()
        assert traffic.telling(case_id) == []
        room.press("Control+Enter")
        page.locator(".room[data-stage=revealed]").wait_for()
        room.read()
        assert traffic.telling(case_id) != [], "the search does find it, now that it is shown"
        room.press("a", "5", "Shift+A", "Control+Enter")
        if number < IMAGES - 1:
            case_id = room.ready(after=case_id)
    page.locator(".room[data-stage=signed]").wait_for()


def read_by_hand(page: Page, program: Program, study: str) -> None:
    """Another reader, who sees something else in each image and draws where."""
    page.goto(f"{program.address}/?study={study}")
    room = ReadingRoom(page)
    case_id = room.ready()
    for number in range(IMAGES):
        room.answer("label", "none")
        room.answer("confidence", "2")
        page.locator("[data-action=sign]").click()
        page.locator(".room[data-stage=revealed]").wait_for()
        room.read()
        room.answer("verdict", "reject")
        page.locator("[data-question=label]").fill("none" if says_finding(page) else "finding")
        room.answer("confidence", "1")
        page.locator("[data-action=sign]").click()
        if number < IMAGES - 1:
            case_id = room.ready(after=case_id)
    page.locator(".room[data-stage=signed]").wait_for()


def says_finding(page: Page) -> bool:
    """Does the model call the finding?"""
    return page.locator(".headline[data-tone=finding]").count() == 1


def decide(page: Page, program: Program) -> None:
    """The adjudicator decides every case, since the two differ on each."""
    page.goto(f"{program.address}/studies")
    for left in range(IMAGES, 0, -1):
        page.get_by_text(re.compile(f"^{left} cases? waits? for a decision")).wait_for()
        settled(page)  # what is seen before may still be the form of the case before
        page.get_by_text("Reader 2:").wait_for()
        page.get_by_role("combobox", name="Label").click()
        page.get_by_role("option", name="finding", exact=True).click()
        page.get_by_role("radio", name="4 sure").or_(
            page.get_by_role("button", name="4 sure")
        ).first.click()
        page.get_by_role("button", name="Decide").click()
    page.get_by_text(re.compile(r"\d cases? waits? for a decision")).wait_for(state="detached")


def close_and_export(page: Page, program: Program) -> None:
    """The lead looks at the results, closes the study and takes the table."""
    page.goto(f"{program.address}/studies")
    page.get_by_text("Compute them from the reads so far").click()
    page.get_by_text("Two readers each: Cohen's kappa").wait_for()
    page.get_by_text("Close the study: nothing is added any more").click()
    page.get_by_role("button", name="Close").click()
    page.get_by_text(re.compile("^closed · ")).wait_for()
    settled(page)
    with page.expect_download() as download:
        page.get_by_text("Reads (CSV)").click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()))
    by_reader = {reader: [r for r in rows if r["reader"] == reader] for reader in ("ann", "ben")}
    assert [len(of) for of in by_reader.values()] == [IMAGES, IMAGES]
    assert {row["first_label"] for row in by_reader["ann"]} == {"finding"}
    assert {row["first_label"] for row in by_reader["ben"]} == {"none"}
