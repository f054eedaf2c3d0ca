"""Accounts of those who sign in, and the rules for names, passwords and waiting."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from app.domain.actors import ROLES, Actor, Role
from app.domain.errors import Refused

SHORTEST_PASSWORD = 12  # characters
LONGEST_PASSWORD = 200  # characters
FREE_TRIES = 5  # wrong passwords in a row before somebody has to wait
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=24)  # after the last wrong password
LINK_LIFE = timedelta(hours=24)
_NAME = re.compile(r"[\w.@+-]{1,100}")


class SignInRefused(Refused):
    """Nobody was signed in; the sentence does not say whether there is such an account."""


@dataclass(frozen=True)
class Account:
    """A person who may sign in."""

    account_id: str
    name: str
    """Without capitals; no two accounts have the same."""
    roles: frozenset[Role]
    is_disabled: bool
    created_at: datetime
    has_password: bool
    subject: str | None = None
    """Issuer and subject of an outside sign-in, if the person comes by one."""

    @property
    def actor(self) -> Actor:
        """The person, as long as the account is not disabled."""
        return Actor(self.name, "reader", self.roles)


def account_name(text: str) -> str:
    """The name as it is kept.

    Raises:
        Refused: it has other characters, or too many.
    """
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise Refused(
            "A user's name has 1 to 100 letters, digits and . _ - @ +, without spaces. "
            "Give another one."
        )
    return name


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Roles by their names.

    Raises:
        Refused: one of them does not exist.
    """
    names = frozenset(names)
    unknown = sorted(names.difference(ROLES))
    if unknown:
        raise Refused(f"There is no role “{unknown[0]}”. Choose: {', '.join(ROLES)}.")
    return cast("frozenset[Role]", names)


def check_password(password: str, *, name: str) -> None:
    """Refuse what is easy to guess: length is what counts (NIST SP 800-63B, 5.1.1.2).

    Raises:
        Refused: it is too short or too long, of few letters, or has the name in it.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters. "
            "Several words in a row are easy to remember. Choose another one."
        )
    if len(set(password)) < 5 or name in password.lower():
        raise Refused("This password is easy to guess. Choose another one.")


def wait_after(failures: int) -> timedelta:
    """How long nobody can sign in under a name after so many wrong passwords in a row."""
    if failures < FREE_TRIES:
        return timedelta(0)
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
