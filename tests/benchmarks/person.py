"""Somebody at a browser, without the browser: signs in, and presses what the pages offer."""

from __future__ import annotations

import random
import re
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

PATIENCE = 120.0  # seconds for a page
OPEN = re.compile(r"-open-(\w+)$")
BACK = "All cases"


class Person:
    """Signed in, at the list of cases."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self.address = address
        self.host = urlsplit(address).netloc
        self._http = HTTPConnection(self.host, timeout=PATIENCE)
        self._cookie = self._sign_in(name, password)
        self._socket = connect(
            f"ws://{self.host}/_stcore/stream",
            origin=Origin(address),
            additional_headers={"Cookie": self._cookie},
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            proxy=None,
        )
        self._buttons = dict[str, str]()
        self._query = ""
        self.pixels = ""
        """Path of the image of the open case."""
        self._press("")

    def open_a_case(self, chance: random.Random) -> None:
        """Press one of the names in the list, and wait for the whole page."""
        rows = [key for key in self._buttons if OPEN.search(key)]
        self._press(chance.choice(rows))
        assert self.pixels, "the case shows no image"

    def load_pixels(self, chance: random.Random) -> None:
        """What the viewer asks for."""
        self._http.close()  # the server ends a connection that was idle for seconds
        self._http.request("GET", self.pixels, headers={"Cookie": self._cookie})
        answer = self._http.getresponse()
        content = answer.read()
        assert answer.status == 200 and content, (self.pixels, answer.status)

    def back_to_the_list(self, chance: random.Random) -> None:
        """Press “All cases”, and wait for the whole page."""
        self._press(next(key for key, label in self._buttons.items() if label == BACK))
        assert any(OPEN.search(key) for key in self._buttons), "the list is empty"

    def leave(self) -> None:
        """Close the browser."""
        self._socket.close()
        self._http.close()

    def _sign_in(self, name: str, password: str) -> str:
        entries = urlencode({"name": name, "password": password, "next": "/"})
        headers = {"Origin": self.address, "Content-Type": "application/x-www-form-urlencoded"}
        self._http.request("POST", "/sign-in", body=entries, headers=headers)
        answer = self._http.getresponse()
        answer.read()
        assert answer.status == 303, f"{name} could not sign in: {answer.status}"
        return (answer.getheader("set-cookie") or "").split(";", 1)[0]

    def _press(self, button: str) -> None:
        """Run the page; its buttons and its image are known afterwards."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        if button:
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id, widget.trigger_value = button, True
        self._socket.send(message.SerializeToString())
        self._buttons, self.pixels = {}, ""
        while True:
            answer = ForwardMsg.FromString(self._socket.recv(timeout=PATIENCE, decode=False))
            self._read(answer)
            if answer.HasField("script_finished"):
                # A page that goes to another one ends with another value, and runs again.
                if answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return
                self._buttons, self.pixels = {}, ""

    def _read(self, answer: ForwardMsg) -> None:
        if answer.HasField("page_info_changed"):
            self._query = answer.page_info_changed.query_string
        element = answer.delta.new_element
        if element.HasField("button"):
            self._buttons[element.button.id] = element.button.label
        elif element.HasField("bidi_component"):
            given = element.bidi_component.mixed.json or element.bidi_component.json
            if found := re.search(r"/api/pixels/\w+/\d+", given):
                self.pixels = found[0]
