"""Passwords as argon2id keeps them: three passes over 64 MiB a guess (RFC 9106, section 4)."""

from __future__ import annotations

from functools import cache

from app.domain.accounts.account import LONGEST_PASSWORD

MEMORY = 64 * 1024  # KiB
PASSES = 3  # 0.14 s a guess on one core of a server with two; docs/sign-in.md has the command
LANES = 1  # one core: the others read images


def hashed(password: str) -> str:
    """The password's hash, with a salt of its own."""
    from argon2 import PasswordHasher

    return PasswordHasher(PASSES, MEMORY, LANES).hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Is this the password of the hash? Without a hash it takes as long and is not."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        PasswordHasher(PASSES, MEMORY, LANES).verify(
            kept or _nobodys(), password[: LONGEST_PASSWORD + 1]
        )
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys() -> str:
    return hashed("of no account")
