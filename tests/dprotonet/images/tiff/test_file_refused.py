"""A TIFF that cannot be read, or would cost too much, is refused in words of our own."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
import tifffile

from dprotonet.errors import UnreadableImage
from dprotonet.images.limits import Limits
from dprotonet.images.reader import read_image
from tests.dprotonet.images.tiff.files import GREY, RGB, by_hand, tiff

TAGS = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1}


def refused(data: bytes, frame: int = 0, limits: Limits | None = None) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_image(data, frame=frame, limits=limits)
    text = str(caught.value)
    assert text[0].isupper() and text.endswith(".") and ". " in text
    return text


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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({259: 34661}, "JBIG"),
        ({259: 34676}, "SGI log"),
        ({259: 4711}, "not known here"),
        ({262: 8}, "CIE L"),
        ({262: 32803}, "camera"),
        ({258: 24}, "24 bits"),
        ({339: 6, 258: 64}, "complex"),
        ({32997: 5}, "volume"),
        ({277: 2, 262: 2}, "too few"),
        ({262: 3}, "palette"),
    ],
)
def test_a_kind_that_is_not_read_is_named(change: dict[int, int], said: str) -> None:
    assert said in refused(by_hand(TAGS | change, bytes(256)))


def test_sizes_are_checked_before_a_strip_is_decoded() -> None:
    for tags in ({256: 60000, 257: 60000}, {256: 0}, {257: 0}):
        text = refused(by_hand(TAGS | tags, bytes(16)))
        assert "pixels" in text


def test_tiles_larger_than_any_image_are_refused() -> None:
    huge = {code: value for code, value in TAGS.items()} | {322: 65520, 323: 65520, 259: 8}
    assert "strips or tiles" in refused(by_hand(huge, bytes(64)))


def test_more_tiles_than_can_be_worked_through_are_refused() -> None:
    many = TAGS | {256: 4096, 257: 4096, 322: 1, 323: 1}
    assert "strips or tiles" in refused(by_hand(many, bytes(64)))


def test_thousands_of_samples_a_pixel_are_refused() -> None:
    assert "strips or tiles" in refused(by_hand(TAGS | {256: 4000, 257: 4000, 277: 4000}, b"1"))


def test_a_jpeg_inside_that_states_more_pixels_than_its_strip_is_not_decoded() -> None:
    data = bytearray(tiff(GREY, compression="jpeg"))
    frame = data.index(b"\xff\xc0") + 5
    data[frame : frame + 4] = struct.pack(">2H", 65000, 65000)
    tracemalloc.start()
    assert "more pixels than it has room for" in refused(bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "zstd", "jpeg", "lerc"])
def test_pixels_that_are_damaged_or_cut_off_are_refused_without_quoting_a_library(
    compression: str | None,
) -> None:
    whole = tiff(GREY, compression=compression)
    with tifffile.TiffFile(io.BytesIO(whole)) as parsed:
        start, count = parsed.pages[0].dataoffsets[0], parsed.pages[0].databytecounts[0]
    cut = whole[: start + count // 2]
    assert "too early" in refused(cut)
    if compression is not None:
        bent = whole[:start] + b"\x07" * count + whole[start + count :]
        text = refused(bent).lower()
        for word in ("imcd", "deflate", "zstd_", "decode returned", "reshape", "marker", "lerc"):
            assert word not in text


def test_strips_that_are_not_all_listed_are_refused() -> None:
    data = by_hand(TAGS | {257: 8}, bytes(32))
    at = data.index(struct.pack("<HHI", 278, 3, 1)) + 8
    assert "too early" in refused(data[:at] + struct.pack("<H", 2) + data[at + 2 :])


def test_a_damaged_page_costs_only_itself() -> None:
    data = bytearray(tiff(RGB, GREY, photometric=None))
    with tifffile.TiffFile(io.BytesIO(data)) as parsed:
        at = parsed.pages[1].tags[259].valueoffset
    data[at : at + 2] = struct.pack("<H", 34661)
    assert "JBIG" in refused(bytes(data), frame=1)
    assert np.array_equal(read_image(bytes(data)).pixels, RGB)


def test_no_text_of_the_file_is_quoted() -> None:
    stream = io.BytesIO()
    tifffile.imwrite(stream, GREY, description="DOE^JANE", software="DOE^JANE", metadata=None)
    data = stream.getvalue()
    for at in range(8, 200):
        try:
            read_image(data[:at] + b"\xff" + data[at + 1 :])
        except UnreadableImage as error:
            assert "DOE" not in str(error)
