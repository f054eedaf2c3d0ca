"""Who acts on a page: the session that the entrance let in becomes a person with roles."""

from __future__ import annotations

from app.domain.actors import NOBODY, Actor
from app.domain.permissions import anybody
from app.services.accounts import sessions
from app.services.workplace import Workplace

LOCAL = "local"
"""The session of the one reader at this machine."""


@anybody
def actor_of(workplace: Workplace, session: str | None, *, local: Actor) -> Actor:
    """The person of a session, as it is now.

    Args:
        workplace: where sessions are kept.
        session: what the entrance handed on; None: it let nobody in.
        local: the reader at this machine, where there are no accounts.
    """
    if not session:
        return NOBODY
    if workplace.settings.sign_in == "token":
        return local if session == LOCAL else NOBODY
    account = sessions.account_of(workplace, session)
    return NOBODY if account is None else account.actor
