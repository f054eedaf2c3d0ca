"""A reader's browser without a browser: signs in by HTTP, opens a page, sends files, presses."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.entering import entrance

PATIENCE = 600.0  # seconds for a page to end
UPLOAD_TOKEN = re.compile(r'"token": ?"([\w-]+)"')
PIXELS = re.compile(r"/api/pixels/\w+/\d+")
RESULT = re.compile(r":material/(\w+): \*\*(.*?)\*\*(?: – (.*))?$", re.DOTALL)
OUTCOMES = {
    "error": "error",
    "do_not_disturb_on": "skipped",
    "visibility": "held",
    "content_copy": "duplicate",
    "check_circle": "added",
}


class UnexpectedAnswer(Exception):
    """The program answered in a way that no reader should see."""


def sign_in_by_link(port: int, link: str, password: str, *, name: str = "") -> str:
    """Set the first password; returns the cookie."""
    key = parse_qs(urlsplit(link).query)["key"][0]
    given = {"key": key, "password": password, "again": password, "name": name}
    return _form(port, "/sign-in/link", given)


def sign_in(port: int, name: str, password: str) -> str:
    """Sign in; returns the cookie."""
    return _form(port, "/sign-in", {"name": name, "password": password, "next": "/"})


def enter(port: int) -> str:
    """Open the address of a program that was started with the tests' launch token; returns the
    cookie."""
    address = urlsplit(entrance(port))
    return _cookie_of(port, "GET", f"{address.path or '/'}?{address.query}")


def front_page(port: int, cookie: str) -> tuple[int, str]:
    """What a browser gets that opens the program: status, and the paragraphs of a plain page."""
    connection = HTTPConnection("localhost", port, timeout=PATIENCE)
    connection.request("GET", "/", headers={"Cookie": cookie})
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, " ".join(re.findall("<p[^>]*>(.*?)</p>", text))


def _form(port: int, path: str, given: Mapping[str, str]) -> str:
    headers = {
        "Origin": f"http://localhost:{port}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return _cookie_of(port, "POST", path, urlencode(given), headers)


def _cookie_of(
    port: int,
    method: str,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> str:
    connection = HTTPConnection("localhost", port, timeout=PATIENCE)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    answer.read()
    cookie = answer.getheader("Set-Cookie") or ""
    connection.close()
    if answer.status != 303 or not cookie:
        raise UnexpectedAnswer(f"signing in was answered with {answer.status}")
    return cookie.partition(";")[0]


@dataclass(frozen=True)
class TakenIn:
    """What the page says of one file."""

    outcome: str
    """added, duplicate, skipped, error or held."""
    name: str
    message: str


@dataclass
class Drawn:
    """What one run of a page drew."""

    texts: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Data of upload fields by the field's id."""
    buttons: dict[str, str] = field(default_factory=dict)
    """Ids by label."""
    image: str = ""
    """Path of the open case's pixels."""

    @property
    def taken_in(self) -> list[TakenIn]:
        """The files that the page says something of."""
        found = (RESULT.match(text) for text in self.texts)
        return [
            TakenIn(OUTCOMES[match[1]], match[2], match[3] or "")
            for match in found
            if match and match[1] in OUTCOMES
        ]


class Page:
    """One browser session on one page; leave it with the ``with`` block."""

    def __init__(self, port: int, cookie: str, *, path: str = "") -> None:
        self.port = port
        self._origin = f"http://localhost:{port}"
        self._headers = {"Cookie": cookie, "Origin": self._origin}
        self._path = path
        self._socket = connect(
            f"ws://localhost:{port}/_stcore/stream",
            origin=Origin(self._origin),
            additional_headers={"Cookie": cookie},
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            proxy=None,
        )
        self.query = ""
        """Of the page's address."""
        self.drawn = self.run()

    def __enter__(self) -> Page:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the page."""
        self._socket.close()

    def run(self, values: Mapping[str, object] | None = None, *, press: str = "") -> Drawn:
        """Run the page's script, as the browser asks for it.

        Args:
            values: JSON of components by their ids.
            press: the label of a button.
        """
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self._path
        for key, value in (values or {}).items():
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id, widget.json_value = key, json.dumps(value)
        if press:
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id, widget.trigger_value = self.drawn.buttons[press], True
        self._socket.send(message.SerializeToString())
        self.drawn = self._collect()
        if self.drawn.exceptions:
            raise UnexpectedAnswer(f"the page failed: {self.drawn.exceptions[0]}")
        return self.drawn

    @property
    def token(self) -> str:
        """With which this session sends files."""
        return str(next(iter(self.drawn.fields.values()))["token"])

    def send(self, name: str, data: bytes) -> tuple[int, dict[str, Any]]:
        """One file, as the upload field sends it: status and answer."""
        return self.send_pieces(name, [data], size=len(data))

    def send_pieces(
        self, name: str, pieces: Iterable[bytes], *, size: int
    ) -> tuple[int, dict[str, Any]]:
        """The same of a file that is never in memory as a whole; its size in bytes."""
        headers = {"X-Upload-Token": self.token, "X-Upload-Name": quote(name)}
        return self._post("/api/uploads", pieces, headers | {"Content-Length": str(size)})

    def drop(self, keys: Sequence[str]) -> None:
        """Forget files that wait on the server."""
        body = json.dumps({"ids": list(keys)}).encode()
        status, answer = self._post("/api/uploads/drop", body, {"X-Upload-Token": self.token})
        if status != 200:
            raise UnexpectedAnswer(f"dropping was answered with {status}: {answer}")

    def report(self, ids: Sequence[str]) -> Drawn:
        """Tell the page that these files have arrived."""
        field = next(iter(self.drawn.fields))
        return self.run({field: {"sent": {"ids": list(ids), "failed": 0}}})

    def press(self, label: str, ids: Sequence[str]) -> Drawn:
        """Press a button while these files are chosen."""
        field = next(iter(self.drawn.fields))
        return self.run({field: {"sent": {"ids": list(ids), "failed": 0}}}, press=label)

    @property
    def held(self) -> list[str]:
        """Files of this session that wait on the server."""
        return list(next(iter(self.drawn.fields.values()))["held"])

    def _post(
        self, path: str, data: bytes | Iterable[bytes], headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        http = HTTPConnection("localhost", self.port, timeout=PATIENCE)
        try:
            http.connect()
            # Headers and body go in two pieces: else the second waits 40 ms for the first.
            http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            http.request("POST", path, body=data, headers={**self._headers, **headers})
            answer = http.getresponse()
            text = answer.read()
        finally:
            http.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            raise UnexpectedAnswer(f"{path} was answered with {answer.status}, no JSON") from None

    def _collect(self) -> Drawn:
        drawn = Drawn()
        for answer in self._answers():
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                # The latest run counts: a page that reruns itself draws twice.
                drawn = Drawn()
            elif kind == "page_info_changed":
                self.query = answer.page_info_changed.query_string
            elif kind == "delta":
                _note(drawn, answer)
        return drawn

    def _answers(self) -> Iterator[ForwardMsg]:
        while True:
            answer = ForwardMsg.FromString(self._socket.recv(timeout=PATIENCE, decode=False))
            yield answer
            # A page that reruns by itself ends with another value.
            if answer.WhichOneof("type") == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return
                if answer.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise UnexpectedAnswer("the page could not be compiled")


def _note(drawn: Drawn, answer: ForwardMsg) -> None:
    element = answer.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "markdown":
        drawn.texts.append(element.markdown.body)
    elif kind == "alert":
        drawn.alerts.append(element.alert.body)
    elif kind == "exception":
        drawn.exceptions.append(f"{element.exception.type}: {element.exception.message}")
    elif kind == "button":
        drawn.buttons[element.button.label] = element.button.id
    elif kind == "bidi_component":
        component = element.bidi_component
        data = component.mixed.json or component.json
        if found := PIXELS.search(data):
            drawn.image = found[0]
        if UPLOAD_TOKEN.search(data):
            drawn.fields[component.id] = json.loads(data)
