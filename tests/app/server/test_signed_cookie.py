"""The cookie: whatever was not written by this server, with this key, says nothing."""

import time
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection

from app.server.signed_cookie import SignedCookie, signing_key

COOKIE = SignedCookie(b"k" * 32, port=8501, life=60)


def value_of(cookie: SignedCookie, said: str) -> str:
    return SimpleCookie(cookie.set(said, secure=False)[1])[cookie.name].value


def read(value: str, cookie: SignedCookie = COOKIE) -> str | None:
    headers = [(b"cookie", f"{cookie.name}={value}".encode())]
    return cookie.read(HTTPConnection({"type": "http", "headers": headers}))


def test_what_was_written_is_read_again() -> None:
    assert read(value_of(COOKIE, "who it is")) == "who it is"
    assert COOKIE.read(HTTPConnection({"type": "http", "headers": []})) is None


def test_no_changed_letter_is_taken() -> None:
    good = value_of(COOKIE, "reader")
    for place in range(len(good)):
        other = "A" if good[place] != "A" else "B"
        # The last letter of base 64 has bits that say nothing.
        if place not in (good.index(".") - 1, len(good) - 1):
            assert read(good[:place] + other + good[place + 1 :]) is None, place


def test_another_key_and_another_port_are_another_server() -> None:
    assert read(value_of(SignedCookie(b"j" * 32, port=8501, life=60), "reader")) is None
    assert read(value_of(SignedCookie(b"k" * 32, port=8502, life=60), "reader")) is None


def test_an_old_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    value, now = value_of(COOKIE, "reader"), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 62)
    assert read(value) is None


def test_scripts_other_sites_and_http_do_not_get_it() -> None:
    name, value = COOKIE.set("reader", secure=True)
    assert name == "Set-Cookie"
    assert value.endswith("; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure")
    assert "Max-Age=0" in COOKIE.clear()[1]


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = signing_key(path)
    assert len(key) == 32 and signing_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"half")
    assert len(signing_key(path)) == 32
