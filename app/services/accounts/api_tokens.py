"""Tokens of programs: made, listed and revoked by whoever manages users, used by programs."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta

from app.domain.accounts.account import account_name
from app.domain.accounts.api_tokens import ApiToken, token_life, token_title
from app.domain.actors import Actor
from app.domain.errors import Refused, Unavailable
from app.domain.permissions import anybody, needs
from app.services import jobs
from app.services.accounts import sessions
from app.services.audit.recording import record
from app.services.workplace import Workplace

TOUCH = timedelta(minutes=1)
"""How exactly it is known when a token was used last; each time is a write."""


@needs("manage users")
def make(
    workplace: Workplace, title: str, *, user: str | None = None, days: int | None = None
) -> str:
    """Make a token; returns it, which nobody can do again.

    Args:
        workplace: where.
        title: what it is for.
        user: whose roles it has; None where there are no accounts.
        days: how long it is valid; None for the usual life.

    Raises:
        NotFound: there is no such user.
        Refused: a user is named where there are no accounts, or none where there are; or the title
            or the days cannot be.
    """
    has_accounts = workplace.settings.sign_in == "accounts"
    if has_accounts and user is None:
        raise Refused("Whose roles shall the token have? Name the user: --user NAME.")
    if not has_accounts and user is not None:
        raise Refused("There are no accounts here, so a token is of no user. Leave --user out.")
    now, life = workplace.clock(), token_life(days)
    token = secrets.token_urlsafe(32)
    with workplace.store.write() as tx:
        account = tx.accounts.named(account_name(user)) if user is not None else None
        made = ApiToken(
            token_id=jobs.new_id(),
            title=token_title(title),
            account_id=account.account_id if account else None,
            owner=account.name if account else "",
            created_at=now,
            expires_at=now + life,
            used_at=None,
        )
        tx.api_tokens.add(made, key=sessions.key_of(token))
        record(workplace, tx, "token made", subject=made.token_id)
    return token


@needs("manage users")
def all_tokens(workplace: Workplace) -> tuple[ApiToken, ...]:
    """Every token, the oldest first, those that are over too."""
    with workplace.store.read() as tx:
        return tx.api_tokens.all()


@needs("manage users")
def revoke(workplace: Workplace, token_id: str) -> None:
    """Make a token worthless, at once.

    Raises:
        NotFound: there is none of this id.
    """
    with workplace.store.write() as tx:
        tx.api_tokens.remove(token_id)
        record(workplace, tx, "token revoked", subject=token_id)


@anybody
def whose(workplace: Workplace, token: str, *, local: Actor) -> tuple[str, Actor] | None:
    """Id of a token, and the person in whose name the program comes, as they are now.

    Args:
        workplace: where tokens are kept.
        token: what the program sent.
        local: the reader at this machine, where there are no accounts.

    Returns:
        None: there is no such token, it is over, or its account is disabled; or it was made when
        the program was started otherwise, for one reader or for several.
    """
    now = workplace.clock()
    with workplace.store.read() as tx:
        found = tx.api_tokens.with_key(sessions.key_of(token))
    if found is None or found[0].expires_at <= now:
        return None
    known, account = found
    if (account is not None) != (workplace.settings.sign_in == "accounts"):
        return None
    if account is not None and account.is_disabled:
        return None
    if known.used_at is None or now - known.used_at > TOUCH:
        # On a full disk programs go on reading.
        with suppress(Unavailable), workplace.store.write() as tx:
            tx.api_tokens.use(known.token_id, now)
    return known.token_id, account.actor if account else local
