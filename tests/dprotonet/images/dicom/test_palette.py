"""Palettes: depth, sign, and tables written in segments."""

import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.palette import expanded
from dprotonet.images.reader import read_image

COLOURS = ("Red", "Green", "Blue")
# What each of four entries is, in 8 bits.
SHOWN = {"Red": [0, 90, 180, 255], "Green": [255, 128, 7, 1], "Blue": [0, 0, 0, 0]}


def with_palette(
    ds: Dataset,
    tables: dict[str, bytes],
    bits: int,
    first: int = 0,
    size: int = 4,
    vr: str = "US",
    segmented: bool = False,
) -> Dataset:
    for number, colour in enumerate(COLOURS):
        wrapped = first & 0xFFFF
        written = wrapped - 65536 if vr == "SS" and wrapped >= 32768 else wrapped
        ds.add_new(0x00281101 + number, vr, [size, written, bits])
        data = tables[colour]
        tag = 0x00281221 if segmented else 0x00281201
        ds.add_new(tag + number, "OW", data + b"\0" * (len(data) % 2))
    return ds


def palette_file(dataset, written, tables, bits, indices=None, **more) -> bytes:
    if indices is None:
        indices = np.array([[0, 1, 2, 3]], np.uint8)
    ds = dataset(indices, PhotometricInterpretation="PALETTE COLOR")
    return written(with_palette(ds, tables, bits, **more))


def words(levels: list[int], scale: int = 1) -> bytes:
    return (np.array(levels, np.int64) * scale).astype("<u2").tobytes()


@pytest.mark.parametrize(
    ("bits", "table"),
    [
        pytest.param(8, lambda levels: bytes(levels), id="8 bits in bytes"),
        pytest.param(8, lambda levels: words(levels), id="8 bits in lower bytes"),
        pytest.param(8, lambda levels: words(levels, 256), id="8 bits in upper bytes"),
        pytest.param(8, lambda levels: words(levels, 257), id="8 bits in both bytes"),
        pytest.param(16, lambda levels: words(levels, 257), id="16 bits"),
        pytest.param(16, lambda levels: words(levels, 256), id="16 bits, upper byte"),
        pytest.param(16, lambda levels: words(levels), id="16 bits that hold 8"),
        pytest.param(16, lambda levels: bytes(levels), id="16 bits stated, bytes there"),
        pytest.param(12, lambda levels: words(levels, 16), id="12 bits"),
    ],
)
def test_a_palette_is_read_at_the_depth_that_it_has(dataset, written, bits, table):
    tables = {colour: table(levels) for colour, levels in SHOWN.items()}
    image = read_image(palette_file(dataset, written, tables, bits))
    assert image.pixels[0].T.tolist() == list(SHOWN.values())


@pytest.mark.parametrize("dark", COLOURS)
def test_a_dark_channel_stays_dark_beside_the_others(dataset, written, dark):
    # 128 of 65535 is black, though the channel alone could be taken for 8 bits.
    tables = {c: words([128] * 4 if c == dark else [0, 20000, 40000, 65535]) for c in COLOURS}
    image = read_image(palette_file(dataset, written, tables, 16))
    for number, colour in enumerate(COLOURS):
        expected = [0] * 4 if colour == dark else [0, 78, 156, 255]
        assert image.pixels[0, :, number].tolist() == expected


@pytest.mark.parametrize("vr", ["US", "SS"])
@pytest.mark.parametrize("dtype", ["i1", "i2"])
def test_a_palette_of_signed_pixels_begins_below_0(dataset, written, vr, dtype):
    indices = np.array([[-100, -2, -1, 0, 1, 100]], dtype)
    tables = {colour: bytes(levels) for colour, levels in SHOWN.items()}
    data = palette_file(dataset, written, tables, 8, indices, first=-2, vr=vr)
    image = read_image(data)
    assert image.pixels[0, :, 0].tolist() == [0, 0, 90, 180, 255, 255]


@pytest.mark.parametrize("vr", ["US", "SS"])
def test_a_palette_of_unsigned_pixels_may_begin_above_32767(dataset, written, vr):
    indices = np.array([[0, 40000, 40001, 65535]], np.uint16)
    tables = {colour: bytes(levels) for colour, levels in SHOWN.items()}
    image = read_image(palette_file(dataset, written, tables, 8, indices, first=40000, vr=vr))
    assert image.pixels[0, :, 0].tolist() == [0, 0, 90, 255]


def test_bytes_of_a_palette_are_swapped_in_big_endian_files(dataset, written):
    indices = np.array([[0, 1, 2, 3]], np.uint8)
    ds = dataset(indices, PhotometricInterpretation="PALETTE COLOR")
    swapped = {
        colour: np.frombuffer(bytes(levels), "<u2").astype(">u2").tobytes()
        for colour, levels in SHOWN.items()
    }
    data = written(with_palette(ds, swapped, 8), ExplicitVRBigEndian)
    assert read_image(data).pixels[0].T.tolist() == list(SHOWN.values())


def segments(width: str) -> bytes:
    """Discrete 10 20, a line to 100 in 4 steps, and the first segment once more."""
    scale = 1 if width == "B" else 257
    parts = [0, 2, 10 * scale, 20 * scale, 1, 4, 100 * scale]
    offset = [2, 1, 0, 0, 0, 0] if width == "B" else [2, 1, 0, 0]
    return struct.pack(f"<{len(parts) + len(offset)}{width}", *parts, *offset)


LEVELS = [10, 20, 40, 60, 80, 100, 10, 20]


@pytest.mark.parametrize(
    ("bits", "width"),
    [
        (8, "B"),
        (16, "H"),
        pytest.param(8, "H", id="words, 8 stated"),
        pytest.param(16, "B", id="bytes, 16 stated"),
    ],
)
@pytest.mark.parametrize("dtype", ["u1", "i1"])
def test_a_palette_in_segments_is_written_out(dataset, written, bits, width, dtype):
    first = -4 if dtype == "i1" else 0
    indices = np.arange(first, first + 8, dtype=dtype).reshape(1, 8)
    tables = dict.fromkeys(COLOURS, segments(width))
    data = palette_file(
        dataset, written, tables, bits, indices, first=first, size=8, segmented=True
    )
    assert np.abs(read_image(data).pixels[0, :, 0].astype(int) - LEVELS).max() <= 1


def test_a_segment_may_copy_from_a_byte_offset():
    # PS3.3 C.7.9.2.3: the offset counts bytes; the line at byte 8 starts from the entry before it.
    parts = [0, 2, 10, 20, 1, 2, 40, 0, 1, 0, 2, 1, 8, 0]
    data = struct.pack(f"<{len(parts)}H", *parts)
    assert expanded(data, 7, 16).tolist() == [10, 20, 30, 40, 0, 20, 40]


@pytest.mark.parametrize(
    "units",
    [
        pytest.param([1, 4, 100], id="a line from nowhere"),
        pytest.param([3, 1, 5, 9, 9, 9, 9], id="an unknown kind"),
        pytest.param([0, 1, 5, 2, 1, 6, 0, 2, 1, 6, 0], id="a copy of itself"),
        pytest.param([0, 1, 5, *[1, 65535, 9] * 40], id="millions of entries"),
    ],
)
def test_damaged_segments_are_refused(units):
    with pytest.raises(ValueError):
        expanded(struct.pack(f"<{len(units)}H", *units), 300, 16)


def test_a_palette_without_one_of_its_channels_is_refused(dataset, written):
    ds = dataset(np.zeros((2, 2), np.uint8), PhotometricInterpretation="PALETTE COLOR")
    with_palette(ds, dict.fromkeys(COLOURS, bytes(4)), 8)
    del ds.BluePaletteColorLookupTableData
    with pytest.raises(UnreadableImage, match="palette"):
        read_image(written(ds, ExplicitVRLittleEndian))
