"""The sign of a table's first value, and where its entries lie in its data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dprotonet.images.dicom.tables import first_mapped, table_bytes, table_entries
from dprotonet.images.reader import read_image

SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


def lut_item(first: int, entries: np.ndarray, vr: str, bits: int = 16) -> Dataset:
    """A LUT from ``first``, whose descriptor is written as US or SS whether that fits or not."""
    item = Dataset()
    wrapped = first & 0xFFFF
    written = wrapped - 65536 if vr == "SS" and wrapped >= 32768 else wrapped
    item.add_new(0x00283002, vr, [len(entries), written, bits])
    item.add_new(0x00283006, "US", entries.tolist())
    return item


def stored_as(written, ds: Dataset, pixels: np.ndarray, syntax: str) -> bytes:
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    return written(ds, syntax)


@pytest.mark.parametrize("vr", ["US", "SS"])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_modality_lut_begins_below_0_where_pixels_are_signed(written, dataset, vr, syntax):
    stored = np.array([[-2048, -2047, 0, 2047]], np.int16)
    entries = np.arange(4096, dtype=np.uint16) * 3
    ds = dataset(stored, ModalityLUTSequence=[lut_item(-2048, entries, vr)])
    image = read_image(stored_as(written, ds, stored, syntax))
    assert image.pixels.tolist() == [[0, 3, 6144, 12285]]


@pytest.mark.parametrize("vr", ["US", "SS"])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_modality_lut_begins_above_32767_where_pixels_are_not_signed(
    written, dataset, vr, syntax
):
    stored = np.array([[0, 60000, 60002, 65535]], np.uint16)
    ds = dataset(
        stored, ModalityLUTSequence=[lut_item(60000, np.array([7, 8, 9, 10], np.uint16), vr)]
    )
    image = read_image(stored_as(written, ds, stored, syntax))
    assert image.pixels.tolist() == [[7, 7, 9, 10]]


@pytest.mark.parametrize("vr", ["US", "SS"])
@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    ("dtype", "header", "first"),
    [
        ("u2", {"BitsStored": 12, "HighBit": 11, "RescaleIntercept": -1024}, -1024),
        ("u2", {"BitsStored": 12, "HighBit": 11, "RescaleSlope": -1}, -4095),
        ("u2", {"BitsStored": 12, "HighBit": 11, "RescaleSlope": "0.5"}, 0),
        ("i2", {}, -2000),
        ("i2", {"RescaleIntercept": 40000}, 40000),  # no value below 0 can come out
        ("u2", {}, 50000),
    ],
)
def test_the_sign_of_a_voi_lut_is_that_of_what_can_come_out_before_it(
    written, dataset, vr, syntax, dtype, header, first
):
    # A frame without a value below 0, whatever its header allows.
    stored = np.arange(0, 40, 5, dtype=dtype).reshape(2, 4)
    slope, intercept = float(header.get("RescaleSlope", 1)), header.get("RescaleIntercept", 0)
    entries = np.arange(4096, dtype=np.uint16)
    entries[0] = 1
    lines = {"RescaleSlope": 1, "RescaleIntercept": 0} if len(header) else {}
    ds = dataset(stored, **{**lines, **header}, VOILUTSequence=[lut_item(first, entries, vr, 12)])
    image = read_image(stored_as(written, ds, stored, syntax))
    index = np.clip(np.rint(stored * slope + intercept) - first, 0, 4095).astype(int)
    assert image.windows[0].table.first == first
    assert np.abs(image.unit() - entries[index] / 4095).max() < 1e-6


def test_a_voi_lut_behind_a_modality_lut_is_not_signed(dicom_file):
    stored = np.array([[-3, 0, 3]], np.int16)
    through = np.array([50000, 50001, 50002, 50003, 50004, 50005, 50006], np.uint16)
    voi = np.array([0, 4095, 0, 0, 0, 0, 4095], np.uint16)
    image = read_image(
        dicom_file(
            stored,
            ModalityLUTSequence=[lut_item(-3, through, "SS")],
            VOILUTSequence=[lut_item(50000, voi, "SS", 12)],
        )
    )
    assert image.unit().tolist() == [[0, 0, 1]]


@given(
    first=st.integers(-32768, 32767),
    size=st.integers(1, 4096),
    low=st.integers(-32768, -1),
    high=st.integers(0, 32767),
)
def test_a_signed_first_value_is_found_under_either_vr(first, size, low, high):
    reached = first <= high and first + size > low
    for written in (first, first & 0xFFFF):
        if reached:
            assert first_mapped(written, size, (low, high)) == first


@given(first=st.integers(0, 65535), size=st.integers(1, 4096), high=st.integers(1, 65535))
def test_an_unsigned_first_value_is_found_under_either_vr(first, size, high):
    signed = first - 65536 if first > 32767 else first
    if first + size - 1 <= high:
        assert first_mapped(first, size, (0, high)) == first
        assert first_mapped(signed, size, (0, high)) == first


def test_a_table_that_few_values_would_reach_was_meant_otherwise():
    assert first_mapped(64512, 2048, (0, 4095)) == -1024  # "unsigned" 12 bits, table from -1024
    assert first_mapped(64512, 4096, (0, 65535)) == -1024  # most of it would lie above 16 bits
    assert first_mapped(128, 256, (-128, 127)) == -128  # the sign of 8 bits, not carried


@pytest.mark.parametrize(
    ("size", "bits", "length", "width"),
    [
        (256, 8, 256, 1),
        (255, 8, 256, 1),
        (256, 8, 512, 2),
        (256, 16, 512, 2),
        (256, 16, 256, 1),
        (100, 8, 256, 1),
        (1, 8, 2, 1),
        (1, 16, 2, 2),
    ],
)
def test_the_length_decides_whether_an_entry_is_a_byte_or_a_word(size, bits, length, width):
    data = np.random.default_rng(0).integers(0, 256, length, np.uint8).tobytes()
    expected = np.frombuffer(data, "u1" if width == 1 else "<u2")[:size]
    assert np.array_equal(table_entries(data, size, bits), expected)
    swapped = np.frombuffer(data, ">u2").astype("<u2").tobytes()
    assert table_bytes(swapped, False) == data
    assert table_bytes(np.frombuffer(data, "<u2").tolist(), True) == data


@pytest.mark.parametrize(("size", "bits", "length"), [(256, 16, 400), (256, 8, 200), (4, 16, 2)])
def test_data_that_are_too_short_are_damaged(size, bits, length):
    with pytest.raises(ValueError):
        table_entries(bytes(length), size, bits)


def test_a_modality_lut_of_8_bits_may_lie_in_the_upper_bytes_of_words(dicom_file):
    stored = np.array([[0, 1, 2, 3]], np.uint8)
    entries = np.array([0, 10, 20, 250], np.uint16) << 8
    image = read_image(dicom_file(stored, ModalityLUTSequence=[lut_item(0, entries, "US", 8)]))
    assert image.pixels.tolist() == [[0, 10, 20, 250]]
