"""Tokens by which programs come in, each in the name of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import Refused

LONGEST_TITLE = 100  # characters
USUAL_LIFE = timedelta(days=90)
LONGEST_LIFE = timedelta(days=366)


@dataclass(frozen=True)
class ApiToken:
    """What is known of a token; the token itself is shown once and kept nowhere."""

    token_id: str
    title: str
    """What it is for, in somebody's words."""
    account_id: str | None
    """Whose roles it has; None: the one reader at this machine."""
    owner: str
    """Name of that person; empty for the one reader."""
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    """When a program last came by it, to the minute; None: never."""


def token_title(text: str) -> str:
    """What a token is for, as it is kept.

    Raises:
        Refused: it is empty, too long, or cannot be printed.
    """
    title = " ".join(text.split())
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise Refused(
            f"A token's title has 1 to {LONGEST_TITLE} characters. Say what it is for, such as "
            "“night batch”."
        )
    return title


def token_life(days: int | None) -> timedelta:
    """How long a token is valid.

    Args:
        days: None for the usual life.

    Raises:
        Refused: it is not between a day and a year.
    """
    if days is None:
        return USUAL_LIFE
    if not 1 <= days <= LONGEST_LIFE.days:
        raise Refused(f"A token is valid for 1 to {LONGEST_LIFE.days} days. Give another number.")
    return timedelta(days=days)
