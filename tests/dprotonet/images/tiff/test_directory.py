"""The pages of a TIFF: chains that are damaged, endless or too long are refused."""

import struct

import numpy as np
import pytest

from dprotonet.images.limits import Limits
from dprotonet.images.reader import read_image
from tests.dprotonet.images.tiff.files import GREY, refused, tiff

TAGS = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1}


def next_page_at(data: bytes) -> int:
    """Where a little-endian TIFF of one page keeps the offset of its next."""
    (first,) = struct.unpack("<I", data[4:8])
    (entries,) = struct.unpack("<H", data[first : first + 2])
    return first + 2 + 12 * entries


def with_next_page(data: bytes, offset: int) -> bytes:
    at = next_page_at(data)
    return data[:at] + struct.pack("<I", offset) + data[at + 4 :]


def test_pages_that_lead_back_to_one_another_are_refused() -> None:
    data = tiff(GREY)
    (first,) = struct.unpack("<I", data[4:8])
    assert "lead back to one another" in refused(with_next_page(data, first))


@pytest.mark.parametrize("offset", [4, 2**31, 2**32 - 1])
def test_a_chain_that_leaves_the_file_is_refused(offset: int) -> None:
    assert "list of pages" in refused(with_next_page(tiff(GREY), offset))


def test_a_chain_that_leads_into_the_pixels_is_refused() -> None:
    data = tiff(np.full((64, 64), 255, np.uint8))
    assert "list of pages" in refused(with_next_page(data, len(data) - 2000))


def test_a_file_without_its_last_offset_is_read_all_the_same() -> None:
    pixels = bytes(range(16))
    entries = {**TAGS, 273: 8, 278: 4, 279: 16}
    directory = struct.pack("<H", len(entries))
    for code, value in sorted(entries.items()):
        directory += struct.pack("<HHII", code, 3, 1, value)
    data = b"II*\0" + struct.pack("<I", 24) + pixels + directory
    assert read_image(data).pixels.tobytes() == pixels


def test_a_tiff_without_a_page_is_refused() -> None:
    assert "holds no image" in refused(b"II*\0" + bytes(8))


def test_more_pages_than_are_read_are_refused_while_counting() -> None:
    data = tiff(*[GREY[:2, :2]] * 12)
    assert "more than 10 pages" in refused(data, limits=Limits(frames=10))
