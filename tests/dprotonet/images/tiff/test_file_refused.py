"""A TIFF that cannot be read, or would cost too much, is refused in words of our own."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
import tifffile

from dprotonet.errors import UnreadableImage
from dprotonet.images.reader import read_image
from tests.dprotonet.images.tiff.files import GREY, RGB, by_hand, refused, tiff

TAGS = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1}


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
