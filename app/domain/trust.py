"""Which models an installation trusts: those of listed keys, and those that it lists one by one."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import Refused
from app.domain.text import local_time
from dprotonet.images.file_names import printable

KEY_BYTES = 32  # of an ed25519 public key (RFC 8032)
MOST_LINES = 1000
LONGEST_REASON = 300  # characters
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Approval:
    """Whether a model may read new images here, and by what."""

    is_approved: bool
    by: str = ""
    """In words: whose key, or what list; empty where nothing is asked for."""


NOT_ASKED_FOR = Approval(True)
"""Of an installation without a list."""


@dataclass(frozen=True)
class Stop:
    """That a model reads no new images, by whom and why."""

    by: str
    """Name of the person."""
    at: datetime
    reason: str

    @property
    def text(self) -> str:
        """stopped by Ann on 2026-03-01 12:00: too many devices."""
        end = "" if self.reason.endswith((".", "!", "?")) else "."
        return f"stopped by {self.by} on {local_time(self.at)}: {self.reason}{end}"


def stop_reason(text: str) -> str:
    """The reason of a stop as it is kept.

    Raises:
        Refused: there is none, or it is too long.
    """
    reason = " ".join(printable(text).split())
    if not reason:
        raise Refused("Say why the model is stopped: everybody who reads with it will see it.")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"A reason has at most {LONGEST_REASON} characters. Shorten it.")
    return reason


@dataclass(frozen=True)
class TrustList:
    """The keys and digests that one installation trusts, each with the name that it was given."""

    keys: dict[bytes, str]
    """Raw ed25519 public keys, 32 bytes."""
    digests: dict[str, str]
    """Of bundles, 64 hexadecimal digits."""


def parse_trust_list(text: str) -> TrustList:
    """Read a list: one ``ed25519 KEY NAME`` or ``sha256 DIGEST NAME`` a line.

    KEY is base64 as ``models key`` prints it; NAME is free and may be left out. Empty lines and
    what follows a # are passed over.

    Raises:
        Refused: a line is none of these; the sentence gives its number. A list that is half
            understood would trust less, or more, than was meant.
    """
    keys: dict[bytes, str] = {}
    digests: dict[str, str] = {}
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise Refused(f"The list of trusted models has more than {MOST_LINES} lines. Shorten it.")
    for number, line in enumerate(lines, 1):
        words = line.split("#", 1)[0].split(maxsplit=2)
        if not words:
            continue
        kind, value, name = (*words, "", "")[:3]
        key = public_key(value) if kind == "ed25519" else None
        if key is not None:
            keys[key] = name.strip() or value[:8]
        elif kind == "sha256" and _DIGEST.fullmatch(value):
            digests[value] = name.strip() or value[:8]
        else:
            raise Refused(
                f"Line {number} of the list of trusted models is no key and no digest. Write "
                "“ed25519 KEY NAME” or “sha256 DIGEST NAME”."
            )
    return TrustList(keys, digests)


def public_key(text: str) -> bytes | None:
    """The 32 bytes of a key in base64; None where it is none."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None
