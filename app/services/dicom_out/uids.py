"""Identifiers that follow from what they name: the same revision always gives the same ones."""

from __future__ import annotations

from uuid import UUID, uuid5

_SPACE = UUID("7d3f3c1e-5b0a-5c57-9a52-0f8f0b5e8f11")
"""What all of them are below; never changed, or what was sent once would be sent as another."""


def uid(*names: object) -> str:
    """A UID below 2.25 (PS3.5 B.2) of a name-based UUID (RFC 9562, version 5).

    Args:
        names: what is named, such as case, frame, revision and kind of object.
    """
    return f"2.25.{uuid5(_SPACE, '/'.join(str(name) for name in names)).int}"
