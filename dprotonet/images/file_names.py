"""Names of files as text that every program can hold.

To the system a name is bytes. Python hands out what is not UTF-8 as lone surrogates, which no
database, page, JSON parser or terminal takes: so a name is turned to one of these texts before it
leaves the program.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import PurePath
from urllib.parse import unquote_to_bytes

_LONE = re.compile("[\ud800-\udfff]")
# Control characters, ends of lines and paragraphs, and what turns the direction of writing.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\Z", re.IGNORECASE)
NAME_BYTES = 255
"""Most bytes of one name on the usual file systems."""


def encodable(text: str) -> str:
    """The text as UTF-8 can hold it: a byte that is none stands as ``%XX``."""
    return _LONE.sub(_percent, text)


def printable(text: str) -> str:
    """The text as it can be shown anywhere, without control characters; not for opening a file.

    As :func:`encodable`, and what a screen would obey instead of showing it is left out.
    """
    return _UNSEEN.sub("", encodable(text))


def stored_path(path: str | PurePath) -> str:
    """The path as text for a database, from which :func:`path_of` makes it again.

    As in an address, ``%`` and each byte that is no UTF-8 stand as ``%XX``; all else as it is.
    """
    raw = str(path).replace("%", "%25").encode("utf-8", sys.getfilesystemencodeerrors())
    return _LONE.sub(_percent, raw.decode("utf-8", "surrogateescape"))


def path_of(stored: str) -> str:
    """The path that :func:`stored_path` wrote down, byte for byte."""
    return unquote_to_bytes(stored).decode("utf-8", sys.getfilesystemencodeerrors())


def path_bytes(path: str | PurePath) -> str | None:
    """The path's own bytes as hexadecimal digits; None where it is text, which says them."""
    return os.fsencode(path).hex() if _LONE.search(str(path)) else None


def fitted(name: str, room: int) -> str:
    """The name in at most ``room`` bytes of UTF-8: its ends, and between them a hash of the whole.

    Args:
        name: of a file or folder, encodable.
        room: bytes, at least 32.
    """
    if len(name.encode()) <= room:
        return name
    mark = f"~{hashlib.sha256(name.encode()).hexdigest()[:16]}~"
    left = room - len(mark)
    tail = min(12, left // 3)  # enough for an ending such as .dcm.gz
    encoded = name.encode()
    # What is cut in the midst of a character loses that character.
    start = encoded[: left - tail].decode("utf-8", "ignore")
    return start + mark + encoded[-tail:].decode("utf-8", "ignore")


def allowed_everywhere(name: str) -> str:
    """The name with ``_`` before it where Windows keeps it for a device, such as ``aux.png``."""
    return f"_{name}" if _RESERVED.match(name.split(".")[0].rstrip()) else name


def _percent(match: re.Match[str]) -> str:
    code = ord(match[0])
    # U+DC80 to U+DCFF stand for one byte each (PEP 383); other lone surrogates for no byte.
    return f"%{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else "\ufffd"


def is_directory(name: str) -> bool:
    """Is it the name of a disc's table of contents (PS3.10 8.6)?"""
    return plain_part(name) == "DICOMDIR"


def plain_part(name: str) -> str:
    """A part of a path as ISO 9660 has it: systems show it in small letters, with a version or a
    full stop at its end."""
    return name.upper().partition(";")[0].rstrip(".")
