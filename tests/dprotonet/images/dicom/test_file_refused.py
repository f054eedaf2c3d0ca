"""What is refused, and that each refusal says why."""

import io
import struct

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from dprotonet.errors import UnreadableImage
from dprotonet.images.limits import Limits
from dprotonet.images.reader import inspect, read_image

GREY = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)


def test_a_missing_attribute_is_named(dicom_file):
    with pytest.raises(UnreadableImage, match="BitsAllocated"):
        read_image(dicom_file(GREY, BitsAllocated=None))


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"Rows": 0}, "no image"),
        ({"Rows": 65535, "Columns": 65535}, "65535 × 65535"),
        ({"NumberOfFrames": -3}, "-3 frames"),
    ],
)
def test_a_header_that_promises_too_much_is_refused_before_decoding(dicom_file, attributes, text):
    with pytest.raises(UnreadableImage, match=text):
        inspect(dicom_file(GREY, **attributes))


def test_more_frames_than_the_limit_are_refused_before_decoding(dicom_file):
    with pytest.raises(UnreadableImage, match="3 frames of 64 × 48"):
        inspect(dicom_file(np.stack([GREY] * 3)), limits=Limits(frames=2))


def test_pixels_that_end_too_early_are_told(dicom_file):
    with pytest.raises(UnreadableImage, match="end too early"):
        read_image(dicom_file(GREY)[:-100])


def test_compressed_data_of_another_size_than_the_header_are_not_decoded(dicom_file, written):
    ds = dcmread(io.BytesIO(dicom_file(GREY, JPEGLSLossless)))
    ds.Rows = 32
    with pytest.raises(UnreadableImage, match="32 × 48 pixels and its compressed data 64 × 48"):
        read_image(rewritten(ds))


def test_a_jpeg_ls_stream_that_is_cut_off_is_refused_at_once(dicom_file):
    ds = dcmread(io.BytesIO(dicom_file(GREY, JPEGLSLossless)))
    start = ds.PixelData.index(b"\xff\xd8")
    ds.PixelData = encapsulate([ds.PixelData[start : start + 600]])
    with pytest.raises(UnreadableImage, match="end too early"):
        read_image(rewritten(ds))


def test_a_jp2_box_of_no_length_does_not_hang_the_reader(written, dataset):
    ds = dcmread(get_testdata_file("MR_small_jp2klossless.dcm", download=False))
    header = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00\x00\x00\x00zero"
    ds.PixelData = encapsulate([header + bytes(100)])
    with pytest.raises(UnreadableImage, match="damaged"):
        read_image(rewritten(ds))


def test_a_decoder_that_panics_is_a_readable_error(dicom_file):
    ds = dcmread(io.BytesIO(dicom_file(np.zeros((64, 64), np.uint16), RLELossless)))
    # Either of the two segments holds runs of more than the 64 × 64 bytes it should.
    segment = b"\x81\x00" * 40
    frame = struct.pack("<16I", 2, 64, 64 + len(segment), *[0] * 13) + segment + segment
    ds.PixelData = encapsulate([frame])
    with pytest.raises(UnreadableImage, match="Decoding its pixels failed") as caught:
        read_image(rewritten(ds))
    assert not isinstance(caught.value.__cause__, Exception)  # Rust's panic is none


def test_nesting_without_end_is_a_readable_error(dicom_file):
    data = dicom_file(GREY)
    deep = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3000
    start = 144 + struct.unpack("<I", data[140:144])[0]
    with pytest.raises(UnreadableImage, match="nested too deeply"):
        read_image(data[:start] + deep)


def test_damaged_headers_never_raise_anything_else(dicom_file):
    data = dicom_file(GREY, WindowCenter=100, WindowWidth=200, RescaleSlope=1, RescaleIntercept=0)
    rng = np.random.default_rng(7)
    read = 0
    for _ in range(300):
        damaged = bytearray(data)
        for at in rng.integers(132, 700, rng.integers(1, 12)):
            damaged[at] = rng.integers(0, 256)
        try:
            read_image(bytes(damaged)).unit()
            read += 1
        except UnreadableImage as error:
            assert str(error).rstrip().endswith(".")
    assert 0 < read < 300


def rewritten(ds: Dataset) -> bytes:
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    assert ds.file_meta.TransferSyntaxUID != ExplicitVRLittleEndian
    return stream.getvalue()
