"""Names of models: each becomes a folder and a word on pages, so it has safe characters only."""

from __future__ import annotations

import re

from dprotonet.errors import UnusableBundle

MOST = 64  # characters
_SAFE = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{MOST - 1}}}")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # of Windows


def is_safe(name: object) -> bool:
    """Whether a name may be written, as a folder on every system too."""
    return (
        isinstance(name, str)
        and bool(_SAFE.fullmatch(name))
        and not name.endswith(".")
        and not _DEVICES.fullmatch(name)
    )


def check_name(name: object) -> None:
    """Refuse a name that is not safe.

    Raises:
        UnusableBundle: the sentence says what a name may be.
    """
    if not is_safe(name):
        raise UnusableBundle(
            "A model cannot have the name that was given. Take letters a to z, digits, dots, "
            f"dashes and underscores, at most {MOST} of them, with a letter or digit first and no "
            f"dot last, and no device name of Windows such as con: {safe_name(name)!r} would do."
        )


def safe_name(name: object) -> str:
    """The name as it may be shown and become a folder; models of older versions have others."""
    text = name if isinstance(name, str) else ""
    if is_safe(text):
        return text
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:MOST].strip(".-")
    if not text:
        return "model"
    return text if is_safe(text) else f"model-{text}"[:MOST].rstrip(".-")
