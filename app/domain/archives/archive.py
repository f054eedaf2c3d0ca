"""One archive: where it listens, and how this program says who it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from app.domain.errors import Refused

Transaction = Literal["search", "retrieve", "store"]
"""QIDO-RS, WADO-RS and STOW-RS (PS3.18 section 10)."""
LONGEST_TIMEOUT = 600.0  # seconds
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Credentials:
    """What an archive knows this program by: a user with a password, or a bearer token."""

    user: str = ""
    """Empty for a token."""
    secret: str = field(default="", repr=False)
    """The password or the token."""

    def __post_init__(self) -> None:
        if not self.secret or not self.secret.isprintable() or ":" in self.user:
            raise Refused("a user has no colon, and a password or token is one line of text")
        if not self.user and (not self.secret.isascii() or " " in self.secret):
            raise Refused("a token has ASCII characters alone, and no spaces")


@dataclass(frozen=True)
class Archive:
    """Where studies come from and results go to.

    Raises:
        Refused: it cannot be used as it is described; the sentence says what to change.
    """

    name: str
    """As pages and commands call it: small letters, digits and dashes."""
    search: str
    """Address of its QIDO-RS, without the /studies that follows."""
    retrieve: str
    """Address of its WADO-RS."""
    store: str
    """Address of its STOW-RS."""
    credentials: Credentials | None = field(default=None, repr=False)
    """None: it asks for none."""
    ca_file: Path | None = None
    """Certificates that its own must be signed by; None: those that come with the program."""
    timeout: float = 30.0
    """Seconds that it may take to connect, and between two pieces of an answer."""
    plain_http: bool = False
    """The site allows http:// to another machine."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Refused(
                f"“{self.name[:40]}” is no name of an archive. Give small letters, digits and "
                "dashes, 32 at most."
            )
        if not 0 < self.timeout <= LONGEST_TIMEOUT:
            raise self._refused(f"timeout_seconds is no number from 1 to {LONGEST_TIMEOUT:.0f}")
        for address in (self.search, self.retrieve, self.store):
            self._check(address)

    def address(self, transaction: Transaction) -> str:
        """Where it takes requests of this kind."""
        return {"search": self.search, "retrieve": self.retrieve, "store": self.store}[transaction]

    def _check(self, address: str) -> None:
        """An address is never quoted: it may hold a password."""
        try:
            parts = urlsplit(address)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise self._refused("one of its addresses is none") from None
        if parts.scheme not in ("http", "https") or not host or not address.isprintable():
            raise self._refused("an address begins with https://, or http:// on this machine")
        if parts.username is not None or parts.password is not None:
            raise self._refused(
                "an address holds a user or a password. Give user with password_file, "
                "password_env, token_file or token_env"
            )
        if parts.query or parts.fragment or address.endswith("/"):
            raise self._refused("an address ends before ? and #, and without a slash")
        if parts.scheme == "http" and host not in _HERE and not self.plain_http:
            raise self._refused(
                "images and passwords would cross the network as they are, over http://. Give "
                "https://, or say plain_http = true where the network itself is protected"
            )

    def _refused(self, why: str) -> Refused:
        return Refused(f"The archive {self.name} cannot be used: {why}.")
