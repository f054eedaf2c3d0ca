"""Users, as an administrator looks after them. What is changed signs them out everywhere."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from urllib.parse import urlencode

from app.domain.accounts.account import LINK_LIFE, Account, account_name, roles_of
from app.domain.audit.entries import Action
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services import jobs
from app.services.accounts import sessions
from app.services.audit.recording import record
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

LINK = "/sign-in/link"
"""Where the entrance lets somebody set a password."""
LAST_ADMIN = "This is the only administrator. Make another one first."


@needs("manage users")
def all_users(workplace: Workplace) -> tuple[Account, ...]:
    """Everybody who has an account, by name."""
    with workplace.store.read() as tx:
        return tx.accounts.all()


@needs("manage users")
def add(workplace: Workplace, name: str, *, roles: Iterable[str]) -> str:
    """Add a user; returns what the link carries by which they set their password.

    Raises:
        Refused: the name is taken or cannot be one, or there is no such role, or none is given.
    """
    chosen = roles_of(roles)
    if not chosen:
        raise Refused("A user needs a role. Give one or more.")
    account = Account(
        jobs.new_id(), account_name(name), chosen, False, workplace.clock(), has_password=False
    )
    with workplace.store.write() as tx:
        tx.accounts.add(account)
        record(workplace, tx, "user added", subject=account.account_id)
        return _link(workplace, tx, account.account_id)


@needs("manage users")
def set_roles(workplace: Workplace, name: str, *, roles: Iterable[str]) -> None:
    """Give a user other roles.

    Raises:
        NotFound: there is no such user.
        Refused: there is no such role, or no administrator would be left.
    """
    chosen = roles_of(roles)
    if not chosen:
        raise Refused("A user needs a role. To close an account, disable it.")
    with workplace.store.write() as tx:
        account = tx.accounts.named(account_name(name))
        if "admin" not in chosen:
            _check_another_admin(tx, account)
        tx.accounts.set_roles(account.account_id, chosen)
        record(workplace, tx, "roles changed", subject=account.account_id)
        tx.sessions.end_all(account.account_id)


@needs("manage users")
def set_disabled(workplace: Workplace, name: str, is_disabled: bool) -> None:
    """Close an account, or open it again; what was signed under its name stays.

    Raises:
        NotFound: there is no such user.
        Refused: no administrator would be left.
    """
    with workplace.store.write() as tx:
        account = tx.accounts.named(account_name(name))
        if is_disabled:
            _check_another_admin(tx, account)
        tx.accounts.set_disabled(account.account_id, is_disabled)
        done: Action = "account closed" if is_disabled else "account opened"
        record(workplace, tx, done, subject=account.account_id)
        tx.sessions.end_all(account.account_id)


@needs("manage users")
def reset(workplace: Workplace, name: str) -> str:
    """Make a user's password worthless; returns what the link carries to set another one.

    Raises:
        NotFound: there is no such user.
    """
    with workplace.store.write() as tx:
        account = tx.accounts.named(account_name(name))
        tx.accounts.set_password(account.account_id, None)
        record(workplace, tx, "password reset", subject=account.account_id)
        tx.sessions.end_all(account.account_id)
        return _link(workplace, tx, account.account_id)


@needs("run the program")
def first_link(workplace: Workplace) -> str | None:
    """What the link carries that makes the first administrator; None when there is an account."""
    with workplace.store.write() as tx:
        return None if tx.accounts.any() else _link(workplace, tx, None)


def link_address(link: str, *, base: str) -> str:
    """The address by which somebody sets a password.

    Args:
        link: what it carries.
        base: the address of the server.
    """
    return f"{base}{LINK}?{urlencode({'key': link})}"


def _link(workplace: Workplace, tx: Transaction, account_id: str | None) -> str:
    link = secrets.token_urlsafe(24)
    tx.accounts.add_link(sessions.key_of(link), account_id, workplace.clock() + LINK_LIFE)
    return link


def _check_another_admin(tx: Transaction, account: Account) -> None:
    others = (
        other
        for other in tx.accounts.all(locked=True)
        if "admin" in other.roles and not other.is_disabled and other.name != account.name
    )
    if "admin" in account.roles and not account.is_disabled and next(others, None) is None:
        raise Refused(LAST_ADMIN)
