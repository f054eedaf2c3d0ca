"""The guard in front of a server that would answer everybody."""

from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
import websockets.exceptions
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from app.server.security import LOOPBACK_NAMES, Guard, content_security_policy
from tests.app.asking import ask
from tests.browser.running import Program
from tests.entering import BEARER

OURS = "http://localhost:8501"
FOREIGN = [
    "http://localhost:3000",  # another program of this machine
    "http://127.0.0.1:8501",  # another name of ours is another origin
    "http://localhost",
    "https://localhost:8501",
    "http://localhost:8501.evil.example",
    "http://evil.example",
    "http://evil.example:8501",
    "http://user@localhost:8501",
    "null",
    "file://",
    "",
]
UNSAFE = ["POST", "PUT", "DELETE", "PATCH"]


async def open_door(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
    else:
        await PlainTextResponse("in")(scope, receive, send)


@pytest.fixture
def guard() -> Guard:
    return Guard(open_door, hosts=LOOPBACK_NAMES)


def status(guard: Guard, method: str = "GET", path: str = "/", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(guard, path, method=method, headers=named)[0]


def socket_code(guard: Guard, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(guard, "/_stcore/stream", kind="websocket", headers=named, scheme="ws")[0]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8501", "", "10.0.0.7", "localhost\x1f"]
)
def test_a_name_that_is_not_ours_is_turned_away(guard: Guard, host: str) -> None:
    assert ask(guard, "/healthz", host)[0] == 421
    assert ask(guard, "/_stcore/stream", host, kind="websocket", scheme="ws")[0] == 1008


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8501", "127.0.0.1:1", "[::1]:8501"])
def test_the_names_of_this_machine_are_answered(guard: Guard, host: str) -> None:
    assert ask(guard, "/healthz", host)[0] == 200


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_origin_reaches_nothing(guard: Guard, origin: str) -> None:
    assert socket_code(guard, origin=origin) == 1008
    for method in ("GET", "HEAD", "OPTIONS", *UNSAFE):
        assert status(guard, method, "/api/pixels/0/0", origin=origin) == 403


def test_a_page_of_ours_reaches_everything(guard: Guard) -> None:
    assert socket_code(guard, origin=OURS) == 1000
    for method in ("GET", "HEAD", *UNSAFE):
        assert status(guard, method, origin=OURS, sec_fetch_site="same-origin") == 200


def test_two_origins_are_foreign_even_if_one_is_ours(guard: Guard) -> None:
    both = [("origin", OURS), ("origin", "http://evil.example")]
    for headers in (both, both[::-1]):
        assert ask(guard, "/", headers=headers)[0] == 403
        socket = ask(guard, "/_stcore/stream", kind="websocket", headers=headers, scheme="ws")
        assert socket[0] == 1008


def test_what_names_no_origin_may_look_and_nothing_else(guard: Guard) -> None:
    assert status(guard, "GET", "/healthz") == 200
    assert socket_code(guard) == 1008
    for method in UNSAFE:
        assert status(guard, method) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something new"])
def test_another_site_may_open_a_page_of_ours_in_a_tab_and_no_more(guard: Guard, site: str) -> None:
    link = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert status(guard, sec_fetch_site=site, **link) == 200
    assert status(guard, sec_fetch_site=site) == 403
    assert status(guard, sec_fetch_site=site, **{**link, "sec_fetch_dest": "iframe"}) == 403
    assert status(guard, sec_fetch_site=site, **{**link, "sec_fetch_mode": "no-cors"}) == 403
    assert status(guard, "POST", sec_fetch_site=site, origin=OURS, **link) == 403
    assert socket_code(guard, sec_fetch_site=site, origin=OURS) == 1008


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_the_reader_who_types_the_address_is_let_in(guard: Guard, site: str) -> None:
    assert status(guard, sec_fetch_site=site, sec_fetch_mode="navigate") == 200


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        ("https://review.example", True),
        ("http://review.example", True),
        ("https://review.example:8501", False),
        ("https://evil.example", False),
        ("http://localhost:8501", False),
    ],
)
def test_behind_a_proxy_the_origin_is_the_host_that_the_proxy_hands_on(
    origin: str, let_in: bool
) -> None:
    guard = Guard(open_door, hosts=None, behind_proxy=True)
    result = ask(guard, "/", "review.example", method="POST", headers={"origin": origin})[0]
    assert result == (200 if let_in else 403)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_streamlits_own_way_in_for_files_is_closed(guard: Guard, method: str) -> None:
    path = "/_stcore/upload_file/session/file"
    assert status(guard, method, path, origin=OURS) == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_file_lies_where_anybody_gets_it_who_knows_its_address(
    guard: Guard, method: str
) -> None:
    assert status(guard, method, "/media/0123.csv", origin=OURS) == 404


def test_only_what_is_there_is_kept_for_good_by_the_browser() -> None:
    def answering(code: int) -> Guard:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse("module", code)(scope, receive, send)

        return Guard(app, hosts=LOOPBACK_NAMES)

    kept = {
        code: ask(answering(code), "/api/viewer/0/index.js")[1]["cache-control"]
        for code in (200, 304, 404, 500)
    }
    assert kept.pop(200) == "private, max-age=31536000, immutable"
    assert set(kept.values()) == {"no-store"}


def test_the_policy_lets_no_page_frame_us_and_no_host_but_ours_be_asked() -> None:
    policy = content_security_policy()
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy


# In every process of the program: what it asks the system to reach is written down.
WATCH = """
import os, sys
_log = os.open(os.environ["CONTACTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_here = {"localhost", "127.0.0.1", "::1", "", "None"}
def _watch(event, args):
    if event in ("socket.connect", "socket.sendto"):
        host = args[1][0] if isinstance(args[1], tuple) else ""
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0].decode() if isinstance(args[0], bytes) else str(args[0])
    else:
        return
    if host not in _here:
        os.write(_log, f"{event} {host}\\n".encode())
sys.addaudithook(_watch)
os.write(_log, b"watching\\n")
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Path]]:
    """The whole program in processes of its own, and the file in which they say whom they reach."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "sitecustomize.py").write_text(WATCH)
    contacts = folder / "contacts"
    environment = {"PYTHONPATH": str(folder), "CONTACTS": str(contacts)}
    program = Program(folder / "data", environment=environment)
    program.data.mkdir()
    program.start()
    yield program, contacts
    program.stop()


@pytest.fixture
def knock(watched: tuple[Program, Path]) -> Callable[..., ClientConnection]:
    """Opens the websocket as a page of this origin would; None: without saying so."""
    address = f"ws://localhost:{watched[0].port}/_stcore/stream"
    return lambda origin: connect(
        address,
        origin=origin,
        additional_headers=BEARER,
        subprotocols=["streamlit"],
        proxy=None,
        open_timeout=60,
    )


@pytest.mark.parametrize(
    "path", ["/", "/batch", "/_stcore/host-config", "/static/index.html", "/x?y"]
)
def test_the_running_server_shows_nobody_more_than_where_the_token_is(
    watched: tuple[Program, Path], path: str
) -> None:
    program, _ = watched
    answers = {}
    for token, headers in (("without", {}), ("with", BEARER)):
        connection = HTTPConnection("localhost", program.port, timeout=60)
        connection.request("GET", path, headers=headers)
        answers[token] = connection.getresponse().status
    assert answers["without"] == 401 and answers["with"] in (200, 404)


def test_the_running_server_opens_its_page_to_its_own_origin_alone_and_reaches_nobody(
    watched: tuple[Program, Path], knock: Callable[..., ClientConnection]
) -> None:
    program, contacts = watched
    foreign = ["http://localhost:3000", "http://evil.example", "null", None]
    for origin in foreign * 3:
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            knock(origin)
        assert refused.value.response.status_code == 403

    asked = BackMsg()
    asked.rerun_script.query_string = ""
    words = ""
    with knock(program.address) as socket:
        socket.send(asked.SerializeToString())
        message = ForwardMsg()
        while message.WhichOneof("type") != "script_finished":
            message = ForwardMsg.FromString(socket.recv(timeout=90))
            words += str(message)
    assert "Research use only" in words, "our own page gets a session"
    seen = contacts.read_text().splitlines()
    assert len(seen) >= 2, "server and worker are watched"
    assert set(seen) == {"watching"}
