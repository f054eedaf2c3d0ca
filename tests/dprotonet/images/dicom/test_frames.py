"""The frames that are there are counted and read, whatever the header states."""

import io
import struct

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom import pixels
from dprotonet.images.reader import inspect, read_frames, read_image

STORED = np.random.default_rng(3).integers(0, 4096, (4, 48, 64), dtype=np.uint16)
COMPRESSED = [JPEGLSLossless, JPEG2000Lossless, RLELossless]


def compressed(dicom_file, syntax: str) -> tuple[Dataset, list[bytes]]:
    """A file of four frames, and each frame's data."""
    ds = dcmread(io.BytesIO(dicom_file(STORED, syntax, BitsStored=12, HighBit=11)))
    return ds, list(generate_frames(ds.PixelData, number_of_frames=4))


def saved(ds: Dataset) -> bytes:
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def assert_holds(data: bytes, frames: int, expected: str = "") -> None:
    assert inspect(data).frames == frames
    read = list(read_frames(data))
    assert len(read) == frames
    for image, stored in zip(read, STORED, strict=False):
        assert np.array_equal(image.pixels, stored)
        assert [expected in note for note in image.notes if "frame" in note] == [True] * bool(
            expected
        )
    with pytest.raises(UnreadableImage, match="there is no frame"):
        read_image(data, frame=frames)


@pytest.mark.parametrize("stated", [5, 12, 2_000_000_000])
def test_native_frames_that_are_missing_do_not_count(dicom_file, stated: int):
    assert_holds(
        dicom_file(STORED, NumberOfFrames=stated), 4, f"states {stated:,} frames, and 4 are"
    )


def test_a_last_frame_that_is_cut_off_does_not_count(dicom_file):
    assert_holds(dicom_file(STORED)[:-10], 3, "states 4 frames, and 3 are there")


def test_a_single_frame_that_is_cut_off_is_refused_when_it_is_read(dicom_file):
    data = dicom_file(STORED[0])[:-10]
    assert inspect(data).frames == 1
    with pytest.raises(UnreadableImage, match="end too early"):
        read_image(data)


@pytest.mark.parametrize("stated", [None, 0, ""])
def test_frames_that_are_not_stated_are_read_where_the_length_is_theirs(dicom_file, stated):
    assert_holds(dicom_file(STORED, NumberOfFrames=stated), 4, "does not say how many")


def test_a_longer_end_is_one_frame_and_is_said(dicom_file, written, dataset):
    ds = dataset(STORED[0])
    ds.PixelData = ds.PixelData + bytes(STORED[0].nbytes + 200)
    assert_holds(written(ds), 1, "longer than one frame")


def test_a_little_padding_at_the_end_is_no_frame_and_not_said(dicom_file, written, dataset):
    ds = dataset(STORED[0])
    ds.PixelData = ds.PixelData + bytes(128)
    assert_holds(written(ds), 1)


def test_frames_beyond_the_stated_are_said(dicom_file):
    assert_holds(
        dicom_file(STORED, NumberOfFrames=1), 1, "states 1 frame, and its pixel data hold 4"
    )


def test_single_bits_count_in_bits(written, dataset):
    mask = np.random.default_rng(0).integers(0, 2, (3, 5, 7), dtype=np.uint8)
    ds = dataset(mask, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=9)
    packed = np.packbits(mask.ravel(), bitorder="little").tobytes()
    ds.PixelData = packed + b"\0" * (len(packed) % 2)
    data = written(ds)
    assert inspect(data).frames == 3
    assert all(np.array_equal(i.pixels, m) for i, m in zip(read_frames(data), mask, strict=True))


@pytest.mark.parametrize("syntax", COMPRESSED)
@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("stated", [6, None])
def test_compressed_frames_are_counted(dicom_file, syntax: str, table: bool, stated: int | None):
    ds, frames = compressed(dicom_file, syntax)
    ds.PixelData = encapsulate(frames, has_bot=table)
    if stated is None:
        del ds.NumberOfFrames
    else:
        ds.NumberOfFrames = stated
    assert_holds(saved(ds), 4, "6 frames, and 4 are there" if stated else "does not say how many")


@pytest.mark.parametrize("syntax", COMPRESSED)
@pytest.mark.parametrize("stated", [4, 5, 8, None])
def test_frames_of_two_pieces_each_are_told_apart_without_a_table(dicom_file, syntax: str, stated):
    ds, frames = compressed(dicom_file, syntax)
    ds.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=False)
    ds.NumberOfFrames = stated
    expected = "" if stated == 4 else "does not say" if stated is None else "4 are there"
    assert_holds(saved(ds), 4, expected)


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_a_single_frame_may_have_many_pieces(dicom_file, syntax: str):
    ds, frames = compressed(dicom_file, syntax)
    ds.PixelData = encapsulate(frames[:1], fragments_per_frame=5, has_bot=False)
    for stated in (1, None):
        ds.NumberOfFrames = stated
        assert_holds(saved(ds), 1)


def test_an_extended_offset_table_counts(dicom_file):
    ds, frames = compressed(dicom_file, JPEGLSLossless)
    data, offsets, lengths = encapsulate_extended(frames)
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = data, offsets, lengths
    assert_holds(saved(ds), 4)
    ds.NumberOfFrames = 7
    assert_holds(saved(ds), 4, "7 frames, and 4 are there")


@pytest.mark.parametrize("offsets", [[0], [0, 7, 9, 11], [99, 100, 101, 102]])
def test_an_offset_table_that_leads_nowhere_is_left_aside(dicom_file, offsets: list[int]):
    ds, frames = compressed(dicom_file, JPEGLSLossless)
    body = encapsulate(frames, has_bot=False)[8:]
    table = struct.pack(f"<4sI{len(offsets)}I", b"\xfe\xff\x00\xe0", 4 * len(offsets), *offsets)
    ds.PixelData = table + body
    assert_holds(saved(ds), 4)


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_a_compressed_file_that_is_cut_off_keeps_its_whole_frames(dicom_file, syntax: str):
    ds, frames = compressed(dicom_file, syntax)
    data = saved(ds)
    assert_holds(data[: data.index(frames[3]) + 20], 3, "states 4 frames, and 3 are there")


def test_counting_decodes_nothing(dicom_file, monkeypatch):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a frame was decoded")

    ds, _ = compressed(dicom_file, JPEGLSLossless)
    ds.NumberOfFrames = 9
    monkeypatch.setattr(pixels, "get_decoder", never)
    monkeypatch.setattr("dprotonet.images.dicom.open.refuse_syntax", lambda syntax: None)
    assert inspect(saved(ds)).frames == 4


def test_a_number_of_frames_that_is_no_number_is_refused_and_not_quoted(dicom_file):
    data = dicom_file(STORED).replace(b"IS\x02\x004 ", b"IS\x02\x00XY")
    with pytest.raises(UnreadableImage, match="number of frames is no number") as caught:
        inspect(data)
    assert "XY" not in str(caught.value)
