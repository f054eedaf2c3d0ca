"""JPEG of 8 and 12 bits and lossless: values, signs, damage; and other codecs' signs."""

import io

import jpeg_ls
import numpy as np
import pytest
from imagecodecs import jpeg8_encode, jpegsof3_decode, ljpeg_decode
from openjpeg.utils import encode_array
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import convert_color_space
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from dprotonet import images
from dprotonet.errors import UnreadableImage
from dprotonet.images.codestream import check_scans, read_codestream
from dprotonet.images.isolated import IsolatedReader

ROWS, COLUMNS = 45, 61
Y, X = np.mgrid[0:ROWS, 0:COLUMNS]
SMOOTH = 0.5 + 0.4 * np.sin(X / 9) * np.cos(Y / 7)  # in [0.1, 0.9]


def grey(bits: int) -> np.ndarray:
    noise = np.random.default_rng(bits).normal(0, 0.01, SMOOTH.shape)
    top = (1 << bits) - 1
    return np.rint((SMOOTH + noise).clip(0, 1) * top).astype("u1" if bits <= 8 else "u2")


def file(dataset, stream: bytes, like: np.ndarray, syntax: str, **attributes) -> bytes:
    """A file whose one frame is ``stream``; the header is that of pixels like ``like``."""
    ds: Dataset = dataset(like, **attributes)
    ds.PixelData = encapsulate([stream])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    made = io.BytesIO()
    ds.save_as(made, enforce_file_format=True)
    return made.getvalue()


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_lossless_jpeg_gives_back_every_value(dataset, predictor: int, bits: int):
    stored = grey(bits)
    stream = lossless_jpeg(stored, bits, predictor)
    data = file(dataset, stream, stored, JPEGLossless, BitsStored=bits, HighBit=bits - 1)
    assert np.array_equal(images.read(data).pixels, stored)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_jpeg_agrees_with_two_other_decoders(dataset, bits: int):
    stored = (
        np.random.default_rng(0)
        .integers(0, 1 << bits, (ROWS, COLUMNS))
        .astype("u1" if bits == 8 else "u2")
    )
    stream = lossless_jpeg(stored, bits)
    data = file(dataset, stream, stored, JPEGLosslessSV1, BitsStored=bits, HighBit=bits - 1)
    read = images.read(data).pixels
    assert np.array_equal(read, jpegsof3_decode(stream))
    assert np.array_equal(read, ljpeg_decode(stream))


@pytest.mark.parametrize(
    ("bits", "syntax"), [(8, JPEGBaseline8Bit), (8, JPEGExtended12Bit), (12, JPEGExtended12Bit)]
)
def test_lossy_jpeg_is_near_what_went_in(dataset, bits: int, syntax: str):
    stored = np.rint(SMOOTH * ((1 << bits) - 1)).astype("u1" if bits == 8 else "u2")
    stream = jpeg8_encode(stored, 95, bitspersample=bits)
    read = images.read(file(dataset, stream, stored, syntax, BitsStored=bits, HighBit=bits - 1))
    assert np.abs(read.pixels.astype(int) - stored).max() <= 0.01 * (1 << bits)


@pytest.mark.parametrize("restarts", [{"restart_marker_rows": 1}, {"restart_marker_blocks": 3}])
def test_restart_markers_change_nothing(dataset, photo, restarts: dict):
    stored = grey(8)
    with_markers = photo(stored, "JPEG", quality=90, **restarts)
    assert with_markers.count(b"\xff\xd0") > 0
    read = [
        images.read(file(dataset, stream, stored, JPEGBaseline8Bit)).pixels
        for stream in (with_markers, photo(stored, "JPEG", quality=90))
    ]
    assert np.array_equal(*read)


@pytest.mark.parametrize("allocated", [16, 32])
def test_eight_bits_may_lie_in_wider_containers(dataset, allocated: int):
    stored = grey(8)
    stream = lossless_jpeg(stored, 8)
    data = file(dataset, stream, stored, JPEGLossless, BitsAllocated=allocated, BitsStored=12)
    assert np.array_equal(images.read(data).pixels, stored)


def test_data_deeper_than_the_header_states_keep_their_depth(dataset):
    stored = grey(16)
    stream = lossless_jpeg(stored, 16)
    data = file(dataset, stream, grey(8), JPEGLossless)
    assert np.array_equal(images.read(data).pixels, stored)


def coloured() -> np.ndarray:
    levels = np.rint(SMOOTH * 255).astype(np.uint8)
    return np.stack([levels, levels[::-1], levels[:, ::-1]], -1)


@pytest.mark.parametrize("label", ["RGB", "YBR_FULL"])
@pytest.mark.parametrize("lossless", [True, False])
def test_colours_are_converted_once_and_as_the_header_says(dataset, label: str, lossless: bool):
    stored = coloured()
    space = {"colorspace": "RGB", "outcolorspace": "RGB"}
    stream = jpeg8_encode(stored, 98, lossless=lossless, predictor=1, **space, subsampling="444")
    stream = renamed_components(stream)
    syntax = JPEGLossless if lossless else JPEGBaseline8Bit
    image = images.read(file(dataset, stream, stored, syntax, PhotometricInterpretation=label))
    expected = stored if label == "RGB" else convert_color_space(stored, "YBR_FULL", "RGB")
    assert np.abs(image.pixels.astype(int) - expected).max() <= (0 if lossless else 20)
    assert np.abs(image.pixels.astype(int) - expected).mean() <= (0 if lossless else 3)


def renamed_components(stream: bytes) -> bytes:
    """Components 1, 2, 3 instead of R, G, B, which would say for themselves what they are."""
    named = bytearray(stream.replace(b"Adobe", b"Nobody"[:5]))
    for marker in (b"\xff\xc0", b"\xff\xc3", b"\xff\xda"):
        at = named.find(marker)
        if at >= 0:
            first, step = (at + 10, 3) if marker != b"\xff\xda" else (at + 5, 2)
            for number in range(3):
                named[first + step * number] = number + 1
    return bytes(named)


@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
def test_subsampled_jpeg_is_shown_in_its_colours(dataset, subsampling: str):
    stored = coloured()
    stream = jpeg8_encode(
        stored, 95, colorspace="RGB", outcolorspace="YCBCR", subsampling=subsampling
    )
    data = file(dataset, stream, stored, JPEGBaseline8Bit, PhotometricInterpretation="YBR_FULL_422")
    assert np.abs(images.read(data).pixels.astype(int) - stored).mean() < 4


def test_jpeg_is_decoded_under_the_limits_of_the_child(dataset):
    stored = grey(12)
    stream = lossless_jpeg(stored, 12)
    data = file(dataset, stream, stored, JPEGLossless, BitsStored=12, HighBit=11)
    with IsolatedReader() as reader:
        assert np.array_equal(reader.read(data).pixels, stored)


def test_a_jpeg_that_states_another_size_is_not_decoded(dataset):
    stream = bytearray(jpeg8_encode(grey(8), 90))
    at = stream.index(b"\xff\xc0")
    stream[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(UnreadableImage, match="65535 × 65535"):
        images.read(file(dataset, bytes(stream), grey(8), JPEGBaseline8Bit))


def test_a_jpeg_of_another_number_of_samples_is_not_decoded(dataset):
    stream = jpeg8_encode(coloured(), 90)
    with pytest.raises(UnreadableImage, match="1 samples of a pixel and its compressed data 3"):
        images.read(file(dataset, stream, grey(8), JPEGBaseline8Bit))


def test_a_jpeg_without_its_end_is_shown_and_said(dataset):
    stream = jpeg8_encode(grey(8), 90)
    image = images.read(file(dataset, stream[: len(stream) // 2], grey(8), JPEGBaseline8Bit))
    assert any("lack their end" in note for note in image.notes)
    whole = images.read(file(dataset, stream, grey(8), JPEGBaseline8Bit))
    assert not any("lack their end" in note for note in whole.notes)


@pytest.mark.parametrize("marker", [b"\xff\x02", b"\xff\xbf", b"\xff\xd8", b"\xff\xc0"])
def test_a_marker_amid_the_coded_data_is_damage(dataset, marker: bytes):
    stream = bytearray(jpeg8_encode(grey(8), 90))
    at = len(stream) * 2 // 3
    stream[at : at + 2] = marker
    with pytest.raises(UnreadableImage, match="damaged"):
        images.read(file(dataset, bytes(stream), grey(8), JPEGBaseline8Bit))


def test_a_progressive_stream_has_many_scans_and_is_well(photo):
    assert check_scans(photo(coloured(), "JPEG", progressive=True, quality=80))


def test_a_thumbnail_in_the_header_is_not_taken_for_the_image(photo):
    stream = photo(grey(8), "JPEG")
    small = photo(Image.new("L", (8, 8)), "JPEG")
    inside = b"\xff\xe0" + (len(small) + 2).to_bytes(2, "big") + small
    both = stream[:2] + inside + stream[2:]
    assert check_scans(both)
    found = read_codestream(both)
    assert found is not None and (found.rows, found.columns) == (ROWS, COLUMNS)


SIGNED = np.rint((SMOOTH - 0.5) * 4000).astype(np.int16)  # 12 bits with a sign
UNSIGNED = np.rint(SMOOTH * 4095).astype(np.uint16)


def streams(values: np.ndarray, depth: int) -> dict[str, tuple[str, bytes]]:
    """The values, unsigned in ``depth`` bits, in every lossless codec."""
    return {
        "JPEG": (JPEGLossless, lossless_jpeg(values, depth)),
        "JPEG-LS": (JPEGLSLossless, ls(values, depth)),
        "JPEG 2000": (JPEG2000Lossless, j2k(values, depth)),
    }


def lossless_jpeg(values: np.ndarray, depth: int, predictor: int = 1) -> bytes:
    return jpeg8_encode(values, lossless=True, predictor=predictor, bitspersample=depth)


def j2k(values: np.ndarray, depth: int, **options: object) -> bytes:
    return bytes(encode_array(values, bits_stored=depth, photometric_interpretation=2, **options))


def ls(values: np.ndarray, depth: int, error: int = 0) -> bytes:
    return bytes(
        jpeg_ls.encode_pixel_data(
            values.astype("<u2").tobytes(),
            error,
            rows=values.shape[0],
            columns=values.shape[1],
            samples_per_pixel=1,
            bits_stored=depth,
        )
    )


CODECS = ["JPEG", "JPEG-LS", "JPEG 2000"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    ("depth", "upper"),
    [
        pytest.param(12, 0, id="as deep as the values"),
        pytest.param(16, 0, id="deeper, upper bits clear"),
        pytest.param(16, 0x5000, id="deeper, an overlay above"),
        pytest.param(16, 0xF000, id="deeper, all upper bits set"),
    ],
)
def test_signed_values_have_their_sign_from_the_last_stored_bit(dataset, codec, depth, upper):
    raw = SIGNED.view(np.uint16) & 0x0FFF | upper
    syntax, stream = streams(raw.astype(np.uint16), depth)[codec]
    data = file(dataset, stream, SIGNED, syntax, BitsStored=12, HighBit=11)
    assert np.array_equal(images.read(data).pixels, SIGNED)


@pytest.mark.parametrize("codec", CODECS)
def test_signed_values_may_carry_their_sign(dataset, codec):
    syntax, stream = streams(SIGNED.view(np.uint16), 16)[codec]
    data = file(dataset, stream, SIGNED, syntax, BitsStored=12, HighBit=11)
    assert np.array_equal(images.read(data).pixels, SIGNED)


@pytest.mark.parametrize("codec", CODECS)
def test_an_overlay_above_unsigned_values_is_not_shown(dataset, codec):
    raw = UNSIGNED | (np.uint16(0x9000) * (X % 2 == 0)).astype(np.uint16)
    syntax, stream = streams(raw, 16)[codec]
    data = file(dataset, stream, UNSIGNED, syntax, BitsStored=12, HighBit=11)
    assert np.array_equal(images.read(data).pixels, UNSIGNED)


@pytest.mark.parametrize("depth", [12, 16])
def test_the_streams_of_these_tests_are_as_deep_as_they_are_called(depth):
    for _, stream in streams(UNSIGNED, depth).values():
        found = read_codestream(stream)
        assert (found.precision, found.lossless, found.signed) == (depth, True, False)


def test_signed_jpeg_2000_keeps_its_sign(dataset):
    stream = j2k(SIGNED, 12)
    assert read_codestream(stream).signed
    data = file(dataset, stream, SIGNED, JPEG2000Lossless, BitsStored=12, HighBit=11)
    assert np.array_equal(images.read(data).pixels, SIGNED)


def near_lossless(values: np.ndarray) -> tuple[str, bytes]:
    return JPEGLSNearLossless, ls(values, 16, error=3)


def irreversible(values: np.ndarray) -> tuple[str, bytes]:
    return JPEG2000, j2k(values, 16, compression_ratios=[6])


@pytest.mark.parametrize("encode", [near_lossless, irreversible])
def test_lossy_white_that_goes_beyond_its_bits_stays_white(dataset, encode):
    values = np.where((X // 3 + Y // 5) % 2, 4095, 4000).astype(np.uint16)
    syntax, stream = encode(values)
    read = images.read(file(dataset, stream, values, syntax, BitsStored=12, HighBit=11)).pixels
    assert read.max() > 4095  # the case that is meant
    assert read.min() > 3900


def test_lossy_signed_values_that_carry_their_sign_keep_it(dataset):
    values = np.where(X < 30, -2048, 2047).astype(np.int16)
    stream = j2k(values, 16, compression_ratios=[3])
    read = images.read(file(dataset, stream, values, JPEG2000, BitsStored=12, HighBit=11)).pixels
    assert np.abs(read.astype(int) - values).max() < 200
