"""The door for several people: forms, cookies, and ways out, behind the guard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app.domain.actors import NOBODY
from app.server.accounts_door import AccountsDoor
from app.server.entrance import Entrance
from app.server.security import LOOPBACK_NAMES, Guard
from app.server.signed_cookie import SignedCookie
from app.services.accounts import users
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.asking import Answer, ask
from tests.app.server.servers import echo
from tests.app.services.accounts.conftest import PASSWORD, cheap_passwords
from tests.app.services.workplaces import make_workplace

__all__ = ["cheap_passwords"]
OTHER = "another row of words"
COOKIE = SignedCookie(b"k" * 32, port=8501, life=3600)


class Browser:
    """Keeps the cookie, and says where a form comes from."""

    def __init__(self, workplace: Workplace, *, scheme: str = "http") -> None:
        door = AccountsDoor(lambda: workplace.of(NOBODY), cookie=COOKIE)
        self.app = Guard(Entrance(echo, door=door), hosts=LOOPBACK_NAMES)
        self.cookie = ""
        self.scheme = scheme

    def get(self, address: str) -> Answer:
        path, _, query = address.partition("?")
        return self._kept(ask(self.app, path, query=query, headers=self._headers()))

    def post(self, path: str, **given: str) -> Answer:
        headers = {**self._headers(), "origin": f"{self.scheme}://localhost:8501"}
        body = [urlencode(given).encode()]
        return self._kept(
            ask(self.app, path, method="POST", headers=headers, body=body, scheme=self.scheme)
        )

    def _headers(self) -> dict[str, str]:
        return {"cookie": f"{COOKIE.name}={self.cookie}"} if self.cookie else {}

    def _kept(self, answer: Answer) -> Answer:
        if "set-cookie" in answer[1]:
            self.cookie = SimpleCookie(answer[1]["set-cookie"])[COOKIE.name].value
        return answer


@pytest.fixture
def workplace(tmp_path: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    settings = Settings(tmp_path / "data", sign_in="accounts")
    opened = make_workplace(settings, database=empty_sqlite)
    yield opened
    opened.close()


@pytest.fixture
def browser(workplace: Workplace) -> Browser:
    return Browser(workplace)


@pytest.fixture
def signed_in(workplace: Workplace, browser: Browser) -> Browser:
    """Ann, a reader, by the link that she was given."""
    link = users.add(workplace, "ann", roles=["reader"])
    _, _, body = browser.get(users.link_address(link, base=""))
    assert b"Set a password for ann" in body and b"administrator" not in body
    status, headers, _ = browser.post("/sign-in/link", key=link, password=PASSWORD, again=PASSWORD)
    assert (status, headers["location"]) == (303, "/")
    return browser


def test_nobody_is_led_to_the_form_and_back_to_where_they_wanted_to_go(
    workplace: Workplace, signed_in: Browser
) -> None:
    browser = Browser(workplace)
    status, headers, _ = browser.get("/batch?case=7")
    assert (status, headers["location"]) == (303, "/sign-in?next=%2Fbatch%3Fcase%3D7")
    assert browser.get("/api/pixels/0/0")[0] == 401
    _, _, form = browser.get(headers["location"])
    assert b'name="next" value="/batch?case=7"' in form
    status, headers, _ = browser.post(
        "/sign-in", name="ann", password=PASSWORD, next="/batch?case=7"
    )
    assert (status, headers["location"]) == (303, "/batch?case=7")
    session, name = browser.get("/batch")[2].split()
    assert re.fullmatch(rb"[0-9a-f]{64}", session) and name == b"ann"


def test_a_wrong_password_is_a_sentence_and_no_cookie(
    workplace: Workplace, signed_in: Browser
) -> None:
    stranger = Browser(workplace)
    status, headers, body = stranger.post("/sign-in", name="ann", password="wrong", next="/")
    assert status == 401 and "set-cookie" not in headers
    assert b"The name or the password is wrong." in body and b'value="ann"' in body
    assert b'value="wrong"' not in body, "no password comes back"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_signing_in_never_leads_to_another_host(signed_in: Browser, target: str) -> None:
    _, headers, _ = signed_in.post("/sign-in", name="ann", password=PASSWORD, next=target)
    assert headers["location"][0] == "/" and headers["location"][1] not in "/\\"


def test_a_form_of_another_site_does_nothing(workplace: Workplace, signed_in: Browser) -> None:
    headers = {"cookie": f"{COOKIE.name}={signed_in.cookie}", "origin": "http://evil.example"}
    assert ask(signed_in.app, "/sign-in/out", method="POST", headers=headers)[0] == 403
    assert signed_in.get("/")[0] == 200


def test_signing_out_makes_the_cookie_worthless(signed_in: Browser) -> None:
    stolen = signed_in.cookie
    assert b"Sign out" in signed_in.get("/sign-in")[2]
    assert signed_in.post("/sign-in/out")[1]["location"] == "/sign-in"
    assert signed_in.cookie == ""
    signed_in.cookie = stolen
    assert signed_in.get("/")[0] == 303


def test_a_password_is_changed_by_its_owner_alone(workplace: Workplace, signed_in: Browser) -> None:
    stranger = Browser(workplace)
    assert stranger.post("/sign-in/password", old=PASSWORD, password=OTHER, again=OTHER)[0] == 303
    assert stranger.get("/sign-in/password")[1]["location"].startswith("/sign-in?next=")
    for old, new, again, said in (
        (PASSWORD, OTHER, OTHER + "x", b"not the same"),
        (OTHER, OTHER, OTHER, b"old password is wrong"),
        (PASSWORD, "short", "short", b"12 to 200 characters"),
    ):
        status, _, body = signed_in.post("/sign-in/password", old=old, password=new, again=again)
        assert status == 422 and said in body
    before = signed_in.cookie
    assert signed_in.post("/sign-in/password", old=PASSWORD, password=OTHER, again=OTHER)[0] == 303
    assert signed_in.get("/")[0] == 200 and signed_in.cookie != before
    assert stranger.post("/sign-in", name="ann", password=PASSWORD, next="/")[0] == 401
    assert stranger.post("/sign-in", name="ann", password=OTHER, next="/")[0] == 303


def test_the_first_administrator_chooses_a_name_and_the_link_is_worthless_then(
    workplace: Workplace, browser: Browser
) -> None:
    link = users.first_link(workplace) or ""
    assert b"first administrator" in browser.get(users.link_address(link, base=""))[2]
    given = {"key": link, "name": "root", "password": PASSWORD, "again": PASSWORD}
    assert browser.post("/sign-in/link", **{**given, "again": "x"})[0] == 422
    assert browser.post("/sign-in/link", **given)[0] == 303
    assert browser.get("/")[2].endswith(b"root")
    assert browser.post("/sign-in/link", **given)[0] == 410
    assert browser.get(users.link_address(link, base=""))[0] == 410


def test_over_https_the_cookie_goes_by_https_alone(
    workplace: Workplace, signed_in: Browser
) -> None:
    given = {"name": "ann", "password": PASSWORD, "next": "/"}
    assert "Secure" not in Browser(workplace).post("/sign-in", **given)[1]["set-cookie"]
    secure = Browser(workplace, scheme="https").post("/sign-in", **given)[1]["set-cookie"]
    assert secure.endswith("; Secure")
