"""The door for several people: they sign in by name and password, and may sign out again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from app.domain.accounts.account import SHORTEST_PASSWORD, SignInRefused
from app.server.entrance import Visitor
from app.server.forms import alert, entries, form, hidden, password_field, text_field
from app.server.plain_pages import page, paragraph
from app.server.signed_cookie import SignedCookie
from app.services.accounts import sessions, sign_in
from app.services.accounts.users import LINK
from app.services.workplace import Workplace
from dprotonet.errors import ReadableError

SIGN_IN = "/sign-in"
MOST_HASHES = 2
"""Passwords that are looked at at once: each takes 64 MiB and a core."""
Answer = Callable[[Request, Visitor | None], Awaitable[Response]]


class AccountsDoor:
    """Knows whoever has the cookie of a session that the server keeps."""

    def __init__(self, get_workplace: Callable[[], Workplace], *, cookie: SignedCookie) -> None:
        self.get_workplace = get_workplace
        self.cookie = cookie
        self._hashing = asyncio.Semaphore(MOST_HASHES)
        self.answers: dict[tuple[str, str], Answer] = {
            ("GET", SIGN_IN): self._show,
            ("POST", SIGN_IN): self._sign_in,
            ("POST", f"{SIGN_IN}/out"): self._sign_out,
            ("GET", f"{SIGN_IN}/password"): self._show_password,
            ("POST", f"{SIGN_IN}/password"): self._change_password,
            ("GET", LINK): self._show_link,
            ("POST", LINK): self._set_by_link,
        }
        """Every page of the door, by method and path."""

    async def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Who has a session that is not over."""
        token = self.cookie.read(connection)
        if token is None:
            return None
        key = sessions.key_of(token)
        account = await self.ask(sessions.account_of, key)
        return None if account is None else Visitor(key, account.actor)

    async def page(self, request: Request, visitor: Visitor | None) -> Response | None:
        """Sign in, sign out, change a password, or set the first one."""
        method = "GET" if request.method == "HEAD" else request.method
        answer = self.answers.get((method, request.url.path))
        return None if answer is None else await answer(request, visitor)

    async def refusal(self, request: Request) -> Response:
        """The page to sign in, which leads back to where the browser wanted to go."""
        query = f"?{request.url.query}" if request.url.query else ""
        target = own_address(f"{request.url.path}{query}")
        where = SIGN_IN if target == "/" else f"{SIGN_IN}?{urlencode({'next': target})}"
        return RedirectResponse(where, 303, headers={"Cache-Control": "no-store"})

    def outside(self, next: str) -> str:
        """HTML of another way to sign in, which leads to ``next`` too."""
        return ""

    async def _show(self, request: Request, visitor: Visitor | None) -> Response:
        if visitor is not None:
            return _account_page(visitor)
        return self.form(next=request.query_params.get("next", "/"))

    def form(self, *, next: str, name: str = "", problem: str = "") -> Response:
        """The page to sign in."""
        next = own_address(next)
        return page(
            "Sign in",
            alert(problem),
            form(
                text_field("Name", "name", value=name, autocomplete="username"),
                password_field("Password", "password"),
                hidden("next", next),
                action=SIGN_IN,
                button="Sign in",
            ),
            self.outside(next),
            paragraph("Forgotten your password? An administrator gives you a link for a new one."),
            status=401 if problem else 200,
        )

    async def _sign_in(self, request: Request, visitor: Visitor | None) -> Response:
        given = await entries(request)
        name, next = given.get("name", ""), given.get("next", "/")
        try:
            token = await self._hash(sign_in.sign_in, name, given.get("password", ""))
        except SignInRefused as error:
            return self.form(next=next, name=name, problem=str(error))
        if visitor is not None:
            await self.ask(sessions.end, visitor.session)
        return self.welcome(request, token, own_address(next))

    def welcome(self, request: Request, token: str, target: str) -> Response:
        """Go on, with the cookie."""
        answer = RedirectResponse(target, 303, headers={"Cache-Control": "no-store"})
        came_by_https = request.headers.get("origin", "").startswith("https://")
        name, value = self.cookie.set(token, secure=came_by_https or request.url.scheme == "https")
        answer.headers[name] = value
        return answer

    async def _sign_out(self, request: Request, visitor: Visitor | None) -> Response:
        if visitor is not None:
            await self.ask(sessions.end, visitor.session)
        answer = RedirectResponse(SIGN_IN, 303, headers={"Cache-Control": "no-store"})
        name, value = self.cookie.clear()
        answer.headers[name] = value
        return answer

    async def _show_password(self, request: Request, visitor: Visitor | None) -> Response:
        if visitor is None:
            return await self.refusal(request)
        return _password_page()

    async def _change_password(self, request: Request, visitor: Visitor | None) -> Response:
        if visitor is None:
            return await self.refusal(request)
        given = await entries(request)
        try:
            _check_twice(given)
            token = await self._hash(
                sign_in.change_password,
                visitor.session,
                given.get("old", ""),
                given.get("password", ""),
            )
        except ReadableError as error:
            return _password_page(str(error))
        return self.welcome(request, token, "/")

    async def _show_link(self, request: Request, visitor: Visitor | None) -> Response:
        return await self._link_page(request.query_params.get("key", ""))

    async def _link_page(self, link: str, *, name: str = "", problem: str = "") -> Response:
        try:
            account = await self.ask(sign_in.link_account, link)
        except SignInRefused as error:
            return page("Set a password", alert(str(error)), status=410)
        fields = [*_new_fields(), hidden("key", link)]
        if account is None:
            heading = "Set up the first administrator"
            fields.insert(0, text_field("Name", "name", value=name, autocomplete="username"))
        else:
            heading = f"Set a password for {account.name}"
        status = 422 if problem else 200
        return page(
            heading,
            alert(problem),
            form(*fields, action=LINK, button="Set password"),
            status=status,
        )

    async def _set_by_link(self, request: Request, visitor: Visitor | None) -> Response:
        given = await entries(request)
        link, name = given.get("key", ""), given.get("name", "")
        try:
            _check_twice(given)
            token = await self._hash(
                partial(sign_in.set_by_link, name=name, password=given.get("password", "")), link
            )
        except ReadableError as error:
            return await self._link_page(link, name=name, problem=str(error))
        return self.welcome(request, token, "/")

    async def ask(self, use_case: Callable[..., Any], *given: Any) -> Any:
        """Answer of a use case, in a thread."""
        return await run_in_threadpool(lambda: use_case(self.get_workplace(), *given))

    async def _hash(self, use_case: Callable[..., Any], *given: Any) -> Any:
        async with self._hashing:
            return await self.ask(use_case, *given)


def _account_page(visitor: Visitor) -> Response:
    return page(
        f"Signed in as {visitor.actor.name}",
        paragraph(f"Roles: {', '.join(sorted(visitor.actor.roles))}."),
        f'<p><a href="/">Back to the program</a> · <a href="{SIGN_IN}/password">'
        "Change password</a></p>",
        form(action=f"{SIGN_IN}/out", button="Sign out", quiet=True),
    )


def _password_page(problem: str = "") -> Response:
    return page(
        "Change password",
        alert(problem),
        form(
            password_field("Old password", "old"),
            *_new_fields(),
            action=f"{SIGN_IN}/password",
            button="Change password",
        ),
        paragraph("Every other browser in which you are signed in is signed out."),
        f'<p><a href="{SIGN_IN}">Back</a></p>',
        status=422 if problem else 200,
    )


def _new_fields() -> tuple[str, ...]:
    label = f"New password, {SHORTEST_PASSWORD} characters or more"
    return (
        password_field(label, "password", new=True),
        password_field("The same again", "again", new=True),
    )


def _check_twice(given: Mapping[str, str]) -> None:
    if given.get("password") != given.get("again"):
        raise SignInRefused("The two new passwords are not the same. Enter them again.")


def own_address(target: str) -> str:
    """An address of this server: one slash, for two would name another host."""
    return "/" + target.lstrip("/\\").replace("\r", "").replace("\n", "")
