"""The one part of a message, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.services.archives.multipart import only_part

KIND = 'multipart/related; type="application/dicom"; boundary="edge one"'
HEAD = b"--edge one\r\nContent-Type: application/dicom\r\n\r\n"


@given(some.binary().filter(lambda data: b"--edge" not in data), some.sampled_from([b"", b"\r\n"]))
def test_the_part_comes_as_it_was_sent(data: bytes, before: bytes) -> None:
    body = bytearray(before + HEAD + data + b"\r\n--edge one--\r\n")
    assert only_part(body, KIND) == data and not body


def test_a_preamble_is_left_out() -> None:
    assert only_part(bytearray(b"hello\r\n" + HEAD + b"x\r\n--edge one--"), KIND) == b"x"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", KIND),
        (HEAD, KIND),
        (HEAD + b"x", KIND),
        (HEAD + b"x\r\n--edge one", KIND),
        (HEAD + b"x\r\n" + HEAD + b"y\r\n--edge one--", KIND),
        (b"\r\n--edge one--", KIND),
        (b"x", "multipart/related"),
        (b"x", "text/html"),
        (b"x", ""),
    ],
)
def test_another_message_is_none(body: bytes, kind: str) -> None:
    with pytest.raises(ValueError):
        only_part(bytearray(body), kind)
