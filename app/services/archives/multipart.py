"""The one part of a multipart/related message (RFC 2046 section 5.1, PS3.18 8.6.1.2.1)."""

from __future__ import annotations

from email.message import Message

_BREAK = b"\r\n"


def only_part(body: bytearray, content_type: str) -> bytes:
    """What an archive answers where one instance was asked for.

    Some give the instance without a message around it; that is taken too.

    Args:
        body: of the answer; emptied here, so that it is not in memory twice for long.
        content_type: the answer's.

    Raises:
        ValueError: it is no such message, breaks off, or has more or less than one part.
    """
    header = Message()
    header["Content-Type"] = content_type
    kind = header.get_content_type()
    if kind == "application/dicom":
        return _taken(body)
    boundary = header.get_boundary("")
    if kind != "multipart/related" or not boundary:
        raise ValueError("not a multipart message")
    line = b"--" + boundary.encode("latin-1")
    begin = 0 if body.startswith(line) else body.find(_BREAK + line)
    start = body.find(_BREAK * 2, max(begin, 0))
    end = body.find(_BREAK + line, start)
    if begin < 0 or start < 0 or end < 0:
        raise ValueError("the message breaks off")
    tail = end + len(_BREAK) + len(line)
    if body[tail : tail + 2] != b"--":
        raise ValueError("the message has more than one part")
    del body[end:]
    del body[: start + 2 * len(_BREAK)]
    return _taken(body)


def _taken(body: bytearray) -> bytes:
    data = bytes(body)
    body.clear()
    return data
