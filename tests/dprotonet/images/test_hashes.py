import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from dprotonet.images.hashes import file_sha256, pixel_sha256

STORED = np.random.default_rng(0).integers(0, 4096, (2, 40, 36), dtype=np.uint16)


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 100_000)
    expected = hashlib.sha256(b"abc" * 100_000).hexdigest()
    assert file_sha256(path) == file_sha256(b"abc" * 100_000) == expected


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_lossless_compression_keeps_the_hash_of_all_frames(dicom_file, syntax: str):
    plain = pixel_sha256(dicom_file(STORED, BitsStored=12, HighBit=11))
    assert pixel_sha256(dicom_file(STORED, syntax, BitsStored=12, HighBit=11)) == plain
    changed = STORED.copy()
    changed[1, -1, -1] ^= 1
    assert pixel_sha256(dicom_file(changed, syntax, BitsStored=12, HighBit=11)) != plain


def test_byte_order_container_and_depth_do_not_count(dicom_file, written, dataset, photo):
    one = STORED[0]
    expected = pixel_sha256(dicom_file(one))
    big = dataset(one)
    big.PixelData = one.astype(">u2").tobytes()
    assert pixel_sha256(written(big, ExplicitVRBigEndian)) == expected
    assert pixel_sha256(photo(one)) == expected
    assert pixel_sha256(photo(Image.fromarray(one.astype(np.int32)), "TIFF")) == expected
    assert pixel_sha256(dicom_file(one, WindowCenter=9, WindowWidth=99)) == expected


def test_polarity_rescale_and_shape_count(dicom_file):
    one = STORED[0]
    hashes = {
        pixel_sha256(dicom_file(one)),
        pixel_sha256(dicom_file(one, PhotometricInterpretation="MONOCHROME1")),
        pixel_sha256(dicom_file(one, RescaleSlope=1, RescaleIntercept=-1)),
        pixel_sha256(dicom_file(one.reshape(36, 40))),
        pixel_sha256(dicom_file(STORED)),
    }
    assert len(hashes) == 5


def test_double_pixels_that_differ_beyond_float32_have_another_hash(dicom_file):
    values = 1e12 + np.arange(4.0).reshape(2, 2)
    assert pixel_sha256(dicom_file(values)) != pixel_sha256(dicom_file(values[::-1].copy()))


def test_the_same_values_as_float_and_double_have_one_hash(dicom_file):
    values = np.array([[0.5, 0.25], [1, 2]])
    single = pixel_sha256(dicom_file(values.astype(np.float32)))
    assert pixel_sha256(dicom_file(values)) == single
