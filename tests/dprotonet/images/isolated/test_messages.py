"""Messages between a process and its child come through whole, or are refused."""

import io
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.images.isolated.messages import BrokenMessage, receive, send


def message(header: object, *parts: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + b"".join(parts)


@given(st.lists(st.binary(max_size=50), max_size=4), st.text(max_size=20))
def test_what_is_sent_is_what_is_received(parts, text):
    stream = io.BytesIO()
    send(stream, {"text": text}, parts)
    stream.seek(0)

    header, received = receive(stream, 1000)

    assert header["text"] == text
    assert [bytes(part) for part in received] == parts
    assert not stream.read()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        message({"sizes": [4]}, b"abcd")[:-1],
        struct.pack("<I", 3) + b"{{{",
        message([1, 2]),
        message({"answer": 1}),
        message({"sizes": ["many"]}),
        message({"sizes": [-1]}),
        struct.pack("<I", 2**31),
    ],
)
def test_what_is_no_message_is_refused(sent):
    with pytest.raises(BrokenMessage):
        receive(io.BytesIO(sent), 1000)


def test_more_bytes_than_expected_are_refused_before_they_are_read():
    stream = io.BytesIO(message({"sizes": [600, 600]}))

    with pytest.raises(BrokenMessage, match="1200 bytes"):
        receive(stream, 1000)
