"""The door for several people who also sign in by a hospital's own service."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.accounts.account import SignInRefused
from app.server.accounts_door import SIGN_IN, AccountsDoor, own_address
from app.server.entrance import Visitor
from app.server.oidc import Attempt, Provider
from app.server.signed_cookie import SignedCookie
from app.services.accounts import outside
from app.services.workplace import Workplace

OUTSIDE = f"{SIGN_IN}/oidc"
CALLBACK = f"{OUTSIDE}/callback"
ATTEMPT_LIFE = 600
"""Seconds for which somebody may take to sign in there."""


class OidcDoor(AccountsDoor):
    """Accounts of this program's own, and those of the service."""

    def __init__(
        self,
        get_workplace: Callable[[], Workplace],
        *,
        cookie: SignedCookie,
        attempts: SignedCookie,
        provider: Provider,
    ) -> None:
        """Set up.

        Args:
            get_workplace: the shared one.
            cookie: of sessions.
            attempts: of sign-ins that have begun; a browser that the service sends back brings it,
                so it is not withheld from links of other sites.
            provider: the service.
        """
        super().__init__(get_workplace, cookie=cookie)
        self.attempts = attempts
        self.provider = provider
        self.answers |= {("GET", OUTSIDE): self._begin, ("GET", CALLBACK): self._finish}

    def outside(self, next: str) -> str:
        """The button that leads to the service."""
        address = f"{OUTSIDE}?{urlencode({'next': next})}".replace("&", "&amp;")
        return f'<p><a class="button" href="{address}">Sign in with your hospital account</a></p>'

    async def _begin(self, request: Request, visitor: Visitor | None) -> Response:
        target = own_address(request.query_params.get("next", "/"))
        try:
            address, attempt = await run_in_threadpool(self.provider.begin, target)
        except SignInRefused as error:
            return self.form(next=target, problem=str(error))
        answer = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
        secure = self.provider.redirect.startswith("https://")
        answer.raw_headers.append(_encoded(self.attempts.set(attempt.to_text(), secure=secure)))
        return answer

    async def _finish(self, request: Request, visitor: Visitor | None) -> Response:
        given = dict(request.query_params)
        try:
            attempt = Attempt.from_text(self.attempts.read(request))
            person = await run_in_threadpool(self.provider.finish, attempt, given)
            token = await self.ask(
                partial(
                    outside.sign_in,
                    subject=person.subject,
                    name=person.name,
                    groups=person.groups,
                )
            )
            answer = self.welcome(request, token, attempt.target)
        except SignInRefused as error:
            answer = self.form(next="/", problem=str(error))
        # Once and not again.
        answer.raw_headers.append(_encoded(self.attempts.clear()))
        return answer


def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    return header[0].lower().encode(), header[1].encode()
