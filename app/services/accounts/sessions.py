"""Sessions: begun by a sign-in, kept on the server, over when idle, old or revoked."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta

from app.domain.accounts.account import Account
from app.domain.actors import Actor
from app.domain.audit.entries import Action
from app.domain.errors import Unavailable
from app.domain.permissions import anybody, within
from app.services.audit.recording import record
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

TOUCH = timedelta(seconds=30)
"""How exactly it is known when a session was used last; each time is a write."""


def key_of(token: str) -> str:
    """How the server keeps a token: by its hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@within
def begin(workplace: Workplace, tx: Transaction, account_id: str) -> str:
    """Begin a session; returns the token for the cookie."""
    now, settings = workplace.clock(), workplace.settings
    tx.sessions.forget(
        used_before=now - settings.session_idle, created_before=now - settings.session_life
    )
    token = secrets.token_urlsafe(32)
    tx.sessions.add(key_of(token), account_id, now)
    _record(workplace, tx, "signed in", account_id)
    return token


@anybody
def account_of(workplace: Workplace, key: str) -> Account | None:
    """Who is signed in with this session, as their account is now; the idle time begins again.

    Returns:
        None: there is no such session, it is over, or the account is disabled.
    """
    now, settings = workplace.clock(), workplace.settings
    with workplace.store.read() as tx:
        found = tx.sessions.with_account(key)
    if found is None or found[1].is_disabled:
        return None
    session, account = found
    if now - session.used_at > settings.session_idle or (
        now - session.created_at > settings.session_life
    ):
        with suppress(Unavailable), workplace.store.write() as tx:
            tx.sessions.end(key)
        return None
    if now - session.used_at > TOUCH:
        # On a full disk people go on reading, for as long as the session may be idle.
        with suppress(Unavailable), workplace.store.write() as tx:
            tx.sessions.use(key, now)
    return account


@anybody
def end(workplace: Workplace, key: str) -> None:
    """Sign out."""
    with workplace.store.write() as tx:
        session = tx.sessions.get(key)
        tx.sessions.end(key)
        if session is not None:
            _record(workplace, tx, "signed out", session.account_id)


def _record(workplace: Workplace, tx: Transaction, action: Action, account_id: str) -> None:
    """In the audit, as done by the one whose session it is."""
    account = tx.accounts.get(account_id)
    if account is not None:
        actor = Actor(account.name, "reader", account.roles)
        record(workplace, tx, action, subject=account_id, actor=actor)
