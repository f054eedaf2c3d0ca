"""The way through a sign-in service and back, as a browser takes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.domain.accounts.outside import OutsideSignIn
from app.domain.actors import NOBODY
from app.server.asgi import door_of
from app.server.entrance import Entrance
from app.server.oidc_door import OidcDoor
from app.server.security import LOOPBACK_NAMES, Guard
from app.services.accounts import users
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.asking import Answer, ask
from tests.app.server.outside_service import agree, running_service
from tests.app.server.servers import echo
from tests.app.services.workplaces import make_workplace

LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.fixture(scope="module")
def service() -> Iterator[OutsideSignIn]:
    with running_service(zoe=["readers"], max=["gardeners"]) as running:
        yield running


@pytest.fixture
def workplace(tmp_path: Path, empty_sqlite: Path, service: OutsideSignIn) -> Iterator[Workplace]:
    settings = Settings(tmp_path / "data", sign_in="accounts", outside=service)
    opened = make_workplace(settings, database=empty_sqlite)
    yield opened
    opened.close()


class Browser:
    """Follows links, and keeps cookies as their lines say: Strict ones stay away from links."""

    def __init__(self, workplace: Workplace) -> None:
        door = door_of(workplace.settings, lambda: workplace.of(NOBODY), "")
        self.app = Guard(Entrance(echo, door=door), hosts=LOOPBACK_NAMES)
        self.cookies: dict[str, Morsel[str]] = {}

    def get(self, path: str, by_link: bool = False, **query: str) -> Answer:
        sent = [
            f"{name}={cookie.value}"
            for name, cookie in self.cookies.items()
            if cookie["samesite"] == "Lax" or not by_link
        ]
        headers = {"cookie": "; ".join(sent), **(LINK if by_link else {})}
        return ask(self._kept, path, query=urlencode(query), headers=headers)

    async def _kept(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def keep(message: Message) -> None:
            for name, value in message.get("headers", ()):
                if name == b"set-cookie":
                    self.cookies.update(SimpleCookie(value.decode()))
            await send(message)

        await self.app(scope, receive, keep)


def test_every_page_of_the_doors_has_its_decision(workplace: Workplace) -> None:
    door = door_of(workplace.settings, lambda: workplace.of(NOBODY), "")
    assert isinstance(door, OidcDoor)
    for_nobody = {("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/sign-in/out")}
    by_a_link = {("GET", "/sign-in/link"), ("POST", "/sign-in/link")}
    by_the_service = {("GET", "/sign-in/oidc"), ("GET", "/sign-in/oidc/callback")}
    signed_in = {("GET", "/sign-in/password"), ("POST", "/sign-in/password")}
    assert set(door.answers) == for_nobody | by_a_link | by_the_service | signed_in
    for method, path in (*by_a_link, *signed_in):
        headers = {"origin": "http://localhost:8501"}
        status, given, _ = ask(Browser(workplace).app, path, method=method, headers=headers)
        assert status == (410 if (method, path) in by_a_link else 303)
        assert "set-cookie" not in given


def test_a_person_comes_back_signed_in_to_where_they_wanted_to_go(workplace: Workplace) -> None:
    browser = Browser(workplace)
    assert b"Sign in with your hospital account" in browser.get("/sign-in", next="/batch")[2]
    status, headers, _ = browser.get("/sign-in/oidc", next="/batch")
    assert status == 303 and headers["location"].startswith("http://localhost:")
    brought = agree(headers["location"], "zoe")
    status, headers, _ = browser.get("/sign-in/oidc/callback", by_link=True, **brought)
    assert (status, headers["location"]) == (303, "/batch")
    # The browser still counts this as the other site's link; our own page asks again.
    assert b'http-equiv="refresh"' in browser.get("/batch", by_link=True)[2]
    assert browser.get("/batch")[2].endswith(b" zoe")
    (account,) = users.all_users(workplace)
    assert account.roles == {"reader"} and not account.has_password
    assert max(len(cookie.value) for cookie in browser.cookies.values()) < 400


def test_an_answer_is_good_once_and_for_the_browser_that_asked(workplace: Workplace) -> None:
    browser, thief = Browser(workplace), Browser(workplace)
    brought = agree(browser.get("/sign-in/oidc")[1]["location"], "zoe")
    assert thief.get("/sign-in/oidc/callback", by_link=True, **brought)[0] == 401
    assert browser.get("/sign-in/oidc/callback", by_link=True, **brought)[0] == 303
    assert b"took too long" in browser.get("/sign-in/oidc/callback", by_link=True, **brought)[2]


def test_whoever_has_no_role_here_reads_so(workplace: Workplace) -> None:
    browser = Browser(workplace)
    brought = agree(browser.get("/sign-in/oidc")[1]["location"], "max")
    status, _, body = browser.get("/sign-in/oidc/callback", by_link=True, **brought)
    assert status == 401 and b"none of your groups has a role" in body
    assert users.all_users(workplace) == ()


def test_a_service_that_is_gone_leaves_the_accounts_of_ones_own(
    workplace: Workplace, service: OutsideSignIn
) -> None:
    settings = replace(workplace.settings, outside=replace(service, issuer="http://localhost:1"))
    status, _, body = Browser(replace(workplace, settings=settings)).get("/sign-in/oidc")
    assert status == 401 and b"cannot be reached" in body and b"Password" in body
