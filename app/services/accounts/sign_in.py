"""Signing in by name and password, and passwords that people set for themselves.

Guesses cost time: after a few wrong passwords in a row nobody can sign in under that name for a
while, which doubles. Names without an account behave in the same way, so that nobody learns which
there are.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from app.domain.accounts.account import (
    FORGOTTEN,
    Account,
    SignInRefused,
    account_name,
    check_password,
    wait_after,
)
from app.domain.actors import NOBODY, Actor
from app.domain.errors import Refused
from app.domain.permissions import anybody
from app.services import jobs
from app.services.accounts import passwords, sessions
from app.services.audit.recording import record
from app.services.workplace import Workplace

WRONG = "The name or the password is wrong."
USED_LINK = "This link was used or is too old. Ask an administrator for another one."


@anybody
def sign_in(workplace: Workplace, name: str, password: str) -> str:
    """Begin a session; returns the token for the cookie.

    Raises:
        SignInRefused: name or password is wrong, or it takes a while until the next try.
    """
    try:
        name = account_name(name)
    except Refused:
        name = ""  # of nobody
    _count_try(workplace, name)
    with workplace.store.read() as tx:
        account_id, kept = tx.accounts.password(name)
    if not passwords.is_right(kept, password) or account_id is None:
        raise SignInRefused(WRONG)
    with workplace.store.write() as tx:
        if tx.accounts.password(name) != (account_id, kept):  # changed or disabled meanwhile
            raise SignInRefused(WRONG)
        tx.sessions.clear_failures(sessions.key_of(name))
        return sessions.begin(workplace, tx, account_id)


@anybody
def change_password(workplace: Workplace, session: str, old: str, new: str) -> str:
    """Set another password; every other browser is signed out. Returns the token of a new session.

    Args:
        workplace: where.
        session: of whoever changes it.
        old: the password until now.
        new: from now on.

    Raises:
        SignInRefused: the old password is wrong, or it takes a while until the next try.
        Refused: the new one is easy to guess, or the old one.
    """
    account = sessions.account_of(workplace, session)
    if account is None:
        raise SignInRefused("You are signed out. Sign in again.")
    _count_try(workplace, account.name)
    with workplace.store.read() as tx:
        _, kept = tx.accounts.password(account.name)
    if not passwords.is_right(kept, old):
        raise SignInRefused("The old password is wrong.")
    with workplace.store.write() as tx:
        tx.sessions.clear_failures(sessions.key_of(account.name))
    if new == old:
        raise Refused("The new password is the old one. Choose another one.")
    return _set_password(workplace, account, new)


@anybody
def set_by_link(workplace: Workplace, link: str, *, name: str = "", password: str) -> str:
    """Set a password by a link, which is worthless then; returns the token of a new session.

    Args:
        workplace: where.
        link: what the link carries.
        name: of the first administrator; an account that there is has its own.
        password: the new one.

    Raises:
        SignInRefused: the link was used or is too old.
        Refused: name or password cannot be taken; the link stays.
    """
    account = link_account(workplace, link)
    if account is None:
        name = account_name(name)
        check_password(password, name=name)
        hashed = passwords.hashed(password)
        account = Account(
            jobs.new_id(), name, frozenset({"admin"}), False, workplace.clock(), False
        )
        with workplace.store.write() as tx:
            if not tx.accounts.use_link(sessions.key_of(link)):
                raise SignInRefused(USED_LINK)
            tx.accounts.add(account)
            tx.accounts.set_password(account.account_id, hashed)
            return sessions.begin(workplace, tx, account.account_id)
    return _set_password(workplace, account, password, link=link)


@anybody
def link_account(workplace: Workplace, link: str) -> Account | None:
    """Whose password a link sets; None: the first administrator's.

    Raises:
        SignInRefused: the link was used or is too old.
    """
    with workplace.store.read() as tx:
        found = tx.accounts.link(sessions.key_of(link), workplace.clock())
        if found is None or (found[0] is None and tx.accounts.any()):
            raise SignInRefused(USED_LINK)
        return None if found[0] is None else tx.accounts.get(found[0])


def _set_password(
    workplace: Workplace, account: Account, password: str, *, link: str | None = None
) -> str:
    check_password(password, name=account.name)
    hashed = passwords.hashed(password)
    with workplace.store.write() as tx:
        if link is not None:
            if not tx.accounts.use_link(sessions.key_of(link)):
                raise SignInRefused(USED_LINK)
            tx.sessions.clear_failures(sessions.key_of(account.name))
        tx.accounts.set_password(account.account_id, hashed)
        tx.sessions.end_all(account.account_id)
        actor = Actor(account.name, "reader", account.roles)
        record(workplace, tx, "password set", subject=account.account_id, actor=actor)
        return sessions.begin(workplace, tx, account.account_id)


def _count_try(workplace: Workplace, name: str) -> None:
    """Count a wrong password before it is looked at, so that many at once are counted too."""
    key, now = sessions.key_of(name), workplace.clock()
    with workplace.store.write() as tx:
        tx.sessions.forget_failures(now - FORGOTTEN)
        count, until = tx.sessions.failures(key, now)
        wait = until - now
        if wait <= timedelta(0):
            until = now + wait_after(count + 1)
            tx.sessions.note_failure(key, count=count + 1, now=now, until=until)
            if until > now:
                record(workplace, tx, "sign-in locked", subject=key[:16], actor=NOBODY)
    if wait > timedelta(0):
        minutes = ceil(wait / timedelta(minutes=1))
        raise SignInRefused(
            f"There were too many wrong passwords. Try again in {minutes} "
            f"{'minute' if minutes == 1 else 'minutes'}."
        )
