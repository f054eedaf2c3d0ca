"""The launch token: the one reader of this machine gets in, and nobody else of it does."""

from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from app.domain.actors import Actor
from app.server.entrance import Entrance
from app.server.launch import LaunchDoor, address_with, new_token, written_address
from app.server.signed_cookie import SignedCookie
from tests.app.asking import Answer, ask
from tests.app.server.servers import echo

TOKEN = "the right token"
COOKIE = SignedCookie(b"k" * 32, port=8501, life=60)


@pytest.fixture
def get() -> Callable[..., Answer]:
    app = Entrance(echo, door=LaunchDoor(TOKEN, cookie=COOKIE, actor=Actor("Reader One")))
    return lambda path="/", query="", **headers: ask(
        app, path, query=query, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_the_address_with_the_token_gives_a_cookie_that_opens_the_rest(
    get: Callable[..., Answer],
) -> None:
    status, headers, _ = get("/batch", "case=7&token=the+right+token")
    assert (status, headers["location"]) == (303, "/batch?case=7"), "the token leaves the address"
    given = SimpleCookie(headers["set-cookie"])[COOKIE.name]
    assert given["httponly"] and given["samesite"] == "Strict" and given["path"] == "/"
    status, _, body = get("/", cookie=f"{COOKIE.name}={given.value}")
    assert (status, body) == (200, b"local Reader One")


def test_a_program_may_send_the_token_with_each_request(get: Callable[..., Answer]) -> None:
    assert get("/api/pixels/0/0", authorization=f"Bearer {TOKEN}")[0] == 200
    for wrong in (f"Basic {TOKEN}", "Bearer", "Bearer the wrong token", TOKEN):
        assert get("/api/pixels/0/0", authorization=wrong)[0] == 401


@pytest.mark.parametrize("query", ["", "token=", "token=the+wrong+token", "token=%ff"])
def test_the_bare_address_and_a_wrong_token_say_where_the_token_is(
    get: Callable[..., Answer], query: str
) -> None:
    status, headers, body = get("/", query)
    assert status == 401 and "set-cookie" not in headers
    assert b"terminal" in body and b"address.txt" in body
    assert TOKEN.encode() not in body


def test_the_redirection_never_leads_to_another_host(get: Callable[..., Answer]) -> None:
    for path in ("//evil.example/x", "/\\evil.example/x", "///evil.example/x"):
        target = get(path, "token=the+right+token")[1]["location"]
        assert target[0] == "/" and target[1] not in "/\\"


def test_while_it_runs_the_address_stands_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "address.txt"
    address = address_with("a b&c", port=81)
    assert address == "http://localhost:81/?token=a+b%26c"
    path.with_suffix(".new").touch()  # of a start that was cut off
    path.touch(0o666)
    with written_address(path, address):
        assert path.read_text() == address + "\n"
        assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_each_token_is_another_and_long() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50 and min(map(len, tokens)) >= 32
