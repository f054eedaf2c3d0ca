"""The reading room as a reader's hands and eyes know it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class ReadingRoom:
    """The room on a page; everything waits for what it needs, and nothing for a time."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".room")
        self.image = page.locator(".image-screen .pane")

    @property
    def case_id(self) -> str:
        """Of the case that is shown."""
        return self.root.get_attribute("data-case") or ""

    def upload(self, path: Path) -> str:
        """Take an image in from the list; its room opens. Returns its id."""
        self.page.locator("input[data-choose=files]").set_input_files(path)
        return self.ready()

    def open(self, address: str, case_id: str, *, study: str = "") -> str:
        """A case by its address."""
        more = f"&study={study}" if study else ""
        self.page.goto(f"{address}/?case={case_id}{more}")
        return self.ready()

    def ready(self, *, after: str = "") -> str:
        """Wait until a case is shown, another one than ``after``; returns its id."""
        other = f":not([data-case='{after}'])" if after else ""
        self.page.locator(f".room[data-state=ready]{other}").wait_for()
        self.page.locator(".image-screen .pane[data-image=shown]").wait_for()
        return self.case_id

    def read(self) -> str:
        """Wait for the prediction; returns its first sentence."""
        headline = self.page.locator(
            ".headline:is([data-tone=finding], [data-tone=negative], [data-tone=refused])"
        )
        headline.wait_for()
        return headline.locator("h2").inner_text()

    def press(self, *keys: str) -> None:
        """Keys, one after the other, on no field."""
        for key in keys:
            self.page.keyboard.press(key)

    def answer(self, question: str, value: str) -> None:
        """A press on an answer of the form."""
        self.page.locator(f"[data-asks='{question}'] [data-answer='{value}']").click()

    def answers(self, question: str) -> Locator:
        """The buttons of a question."""
        return self.page.locator(f"[data-asks='{question}']")

    def chosen(self, question: str) -> Locator:
        """The answer that is pressed."""
        return self.answers(question).locator("[aria-pressed=true]")

    def kept(self) -> None:
        """Wait until the server has the draft."""
        self.page.locator(".room[data-draft=kept]").wait_for()

    def sign(self) -> str:
        """Sign by the button; returns the case that was signed."""
        signed = self.case_id
        self.page.locator("[data-action=sign]").click()
        self.page.locator(f".room[data-signed^='{signed}:']").wait_for()
        return signed

    @property
    def heatmap(self) -> str:
        """Address of the heatmap over the image; empty for none."""
        return self.root.get_attribute("data-heatmap-url") or ""

    def show_heatmap(self) -> str:
        """Switch it on, wait for it; returns its address."""
        self.press("o")
        self.page.locator(".room[data-heatmap=shown]").wait_for()
        self.page.locator(".image-screen .pane[data-heatmap=shown]").wait_for()
        return self.heatmap

    def text(self, wanted: str | re.Pattern[str]) -> Locator:
        """Wait for a text of the room that can be seen."""
        found = self.root.get_by_text(wanted).locator("visible=true").first
        found.wait_for()
        return found

    def draw_box(self) -> None:
        """Drag over the middle of the image with the tool in the hand."""
        box = self.image.bounding_box()
        assert box is not None
        left, top = box["x"] + box["width"] / 2 - 40, box["y"] + box["height"] / 2 - 40
        self.page.mouse.move(left, top)
        self.page.mouse.down()
        self.page.mouse.move(left + 80, top + 90, steps=4)
        self.page.mouse.up()


def settled(page: Page) -> None:
    """The script of a page beside the room has drawn everything."""
    page.locator(".st-key-page-header").wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
