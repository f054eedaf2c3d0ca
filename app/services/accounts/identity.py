"""Who acts on a page: the session that the entrance let in becomes a person with roles."""

from __future__ import annotations

from app.domain.actors import NOBODY, Actor

LOCAL = "local"
"""The session of the one reader at this machine."""


def actor_of(session: str | None, *, local: Actor) -> Actor:
    """The person of a session, as it is now.

    Args:
        session: what the entrance handed on; None: it let nobody in.
        local: the reader at this machine.
    """
    return local if session == LOCAL else NOBODY
