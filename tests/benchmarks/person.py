"""Somebody who works through cases: opens one, looks at its image, and goes back to the list."""

from __future__ import annotations

import random
from http.client import HTTPConnection

from tests.soaks.page import PATIENCE, Page, sign_in

BACK = "All cases"


class Person:
    """Signed in, at the list of cases."""

    def __init__(self, port: int, name: str, password: str) -> None:
        self._port = port
        self._cookie = sign_in(port, name, password)
        self._page = Page(port, self._cookie)
        self._cases = self._listed()

    def open_a_case(self, chance: random.Random) -> None:
        """Press one of the names in the list, and wait for the whole page."""
        self._page.run(press=chance.choice(self._cases))
        assert self._page.drawn.image, "the case shows no image"

    def load_pixels(self, chance: random.Random) -> None:
        """What the viewer asks for."""
        http = HTTPConnection("localhost", self._port, timeout=PATIENCE)
        http.request("GET", self._page.drawn.image, headers={"Cookie": self._cookie})
        answer = http.getresponse()
        content = answer.read()
        http.close()
        assert answer.status == 200 and content, (self._page.drawn.image, answer.status)

    def back_to_the_list(self, chance: random.Random) -> None:
        """Press “All cases”, and wait for the whole page."""
        self._page.run(press=BACK)
        self._cases = self._listed()

    def leave(self) -> None:
        """Close the browser."""
        self._page.close()

    def _listed(self) -> list[str]:
        named = [label for label, key in self._page.drawn.buttons.items() if "-open-" in key]
        assert named, "the list is empty"
        return named
