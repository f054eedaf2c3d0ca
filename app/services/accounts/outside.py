"""Signing in by another service, which the server has asked and whose answer it has checked."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.accounts.account import Account, SignInRefused, account_name
from app.domain.actors import PROGRAM
from app.domain.errors import Refused
from app.domain.permissions import anybody
from app.services import jobs
from app.services.accounts import sessions
from app.services.audit.recording import record
from app.services.workplace import Workplace

NO_ROLE = "You are known, but none of your groups has a role in this program. Ask an administrator."


@anybody
def sign_in(workplace: Workplace, *, subject: str, name: str, groups: Iterable[str]) -> str:
    """Begin a session; returns the token for the cookie.

    The groups decide on the roles, at every sign-in. An account of this program's own is never
    taken over by its name alone.

    Args:
        workplace: whose settings say which group has which role.
        subject: who it is, as the service will always say.
        name: what the account is called; its first sign-in decides.
        groups: of the service.

    Raises:
        SignInRefused: no group has a role, the account is disabled, or its name is taken.
    """
    outside = workplace.settings.outside
    roles = frozenset() if outside is None else outside.roles_for(groups)
    if outside is None or not roles:
        raise SignInRefused(NO_ROLE)
    key = f"{outside.issuer} {subject}"
    with workplace.store.write() as tx:
        account = tx.accounts.with_subject(key)
        if account is None:
            account = Account(
                jobs.new_id(), _name(name), roles, False, workplace.clock(), False, subject=key
            )
            try:
                tx.accounts.add(account)
            except Refused as error:
                raise SignInRefused(
                    f"There is another user “{account.name}” here. Ask an administrator."
                ) from error
        if account.is_disabled:
            raise SignInRefused("Your account is disabled. Ask an administrator.")
        if account.roles != roles:
            tx.accounts.set_roles(account.account_id, roles)
            record(workplace, tx, "roles changed", subject=account.account_id, actor=PROGRAM)
            tx.sessions.end_all(account.account_id)
        return sessions.begin(workplace, tx, account.account_id)


def _name(name: str) -> str:
    try:
        return account_name("-".join(name.split()))
    except Refused as error:
        raise SignInRefused(
            "The sign-in service gives a name that cannot be used here. Ask an administrator."
        ) from error
