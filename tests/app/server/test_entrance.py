"""The entrance: nobody passes whom the door does not know, whatever is asked for."""

import pytest
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from app.domain.actors import Actor
from app.domain.errors import Unavailable
from app.server.entrance import OPEN, Entrance, Visitor
from tests.app.asking import Answer, ask, run_apart
from tests.app.server.servers import echo


class KnockDoor:
    """Knows whoever says knock."""

    knows = True
    gone = False

    async def visitor(self, connection: HTTPConnection) -> Visitor | None:
        if "gone" in connection.headers or self.gone:
            raise Unavailable("The database cannot be reached. Check it.")
        known = self.knows and "knock" in connection.headers
        return Visitor("7f", Actor("Reader One")) if known else None

    async def page(self, request: Request, visitor: Visitor | None) -> Response | None:
        return PlainTextResponse("own") if request.url.path == "/own" else None

    async def refusal(self, request: Request) -> Response:
        return PlainTextResponse("who is there?", 401)


def asked(path: str, *, kind: str = "http", method: str = "GET", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(Entrance(echo, door=KnockDoor()), path, kind=kind, method=method, headers=named)


@pytest.mark.parametrize(
    "path", ["/", "/batch", "/media/0.png", "/static/index.js", "/_stcore/host-config", "/healthz/"]
)
def test_nobody_gets_a_page_a_picture_or_a_file(path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        assert asked(path, method=method)[0] == 401
    assert asked(path, knock="")[::2] == (200, b"7f Reader One")


def test_nobody_gets_a_websocket() -> None:
    assert asked("/_stcore/stream", kind="websocket")[0] == 1008
    assert asked("/_stcore/stream", kind="websocket", knock="")[0] == 1000


def test_that_it_runs_is_said_to_everybody() -> None:
    for path in OPEN:
        assert asked(path)[::2] == (200, b"")


def test_what_a_browser_sends_as_the_trusted_header_is_removed() -> None:
    assert asked("/healthz", x_reader="Somebody Else")[2] == b""
    assert asked("/", x_reader="Somebody Else", knock="")[2] == b"7f Reader One"
    assert asked("/", **{"X-READER": "Somebody Else"}, knock="")[2] == b"7f Reader One"


def test_what_a_page_loads_gets_a_sentence_and_who_opens_a_page_gets_the_doors() -> None:
    assert b"not signed in" in asked("/api/pixels/0/0")[2]
    assert b"not signed in" in asked("/media/0.png", sec_fetch_mode="no-cors")[2]
    assert asked("/batch", sec_fetch_mode="navigate")[2] == b"who is there?"


def test_a_link_from_another_site_is_asked_again_by_ourselves_with_the_cookie() -> None:
    status, _, body = asked("/batch", sec_fetch_site="cross-site", sec_fetch_mode="navigate")
    assert status == 200 and b'http-equiv="refresh"' in body
    assert asked("/batch", sec_fetch_site="same-origin")[0] == 401


def test_the_doors_own_pages_are_for_everybody() -> None:
    assert asked("/own")[2] == asked("/own", knock="")[2] == b"own"


def test_while_the_store_is_gone_everybody_gets_the_sentence_and_nobody_passes() -> None:
    status, headers, body = asked("/batch", gone="", knock="")
    assert status == 503 and "text/html" in headers["content-type"]
    assert b"The database cannot be reached. Check it." in body
    status, headers, body = asked("/api/pixels/7/0", gone="", knock="")
    assert status == 503 and b"cannot be reached" in body and "json" in headers["content-type"]
    assert asked("/_stcore/stream", kind="websocket", gone="", knock="")[0] == 1013


@pytest.mark.parametrize(("change", "code"), [("knows", 1008), ("gone", 1013)])
def test_whoever_is_signed_out_sends_nothing_more_through_an_open_websocket(
    change: str, code: int
) -> None:
    door = KnockDoor()
    received: list[Message] = []
    sent: list[Message] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        received.append(await receive())
        setattr(door, change, change == "gone")
        received.append(await receive())

    async def receive() -> Message:
        return {"type": "websocket.receive" if received else "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"knock", b"")]
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
    run_apart(Entrance(page, door=door)(scope, receive, send))
    kinds = [message["type"].removeprefix("websocket.") for message in received]
    assert kinds == ["connect", "receive", "disconnect"]
    assert sent == [{"type": "websocket.close", "code": code}]
