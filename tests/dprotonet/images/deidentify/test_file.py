"""Files in and out: the pixels stay, the bytes are the same every time, warnings are said."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from dprotonet.errors import UnreadableImage
from dprotonet.images.reader import look, read_image
from tests.dprotonet.images.deidentify.files import done, header_of, make_dicom
from tests.paths import ROOT

SAMPLES = (
    "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_RLE.dcm", "JPGExtended.dcm",
    "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "image_dfl.dcm",
    "examples_palette.dcm", "SC_rgb_rle_2frame.dcm",
)  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_every_kind_of_file_keeps_its_pixels_and_its_windows(name: str) -> None:
    path = get_testdata_file(name)
    assert path is not None
    data = Path(path).read_bytes()
    (facts, digest), (new_facts, new_digest) = look(data), look(done(data).data)
    before, after = read_image(data), read_image(done(data).data)
    assert (digest, facts.frames) == (new_digest, new_facts.frames)
    assert np.array_equal(before.unit(), after.unit()) and before.spacing == after.spacing
    assert done(data).data == done(data).data


def test_a_decimal_comma_is_still_understood() -> None:
    raw = dcmread(ROOT / "assets/cases/none-jpeg2000.dcm")
    raw.PixelSpacing = ["0.250000", "0.250000"]
    out = io.BytesIO()
    raw.save_as(out)
    data = out.getvalue().replace(b"0.250000\\0.250000", b"0,250000\\0,250000")
    spacing = read_image(done(data).data).spacing
    assert spacing is not None and spacing.rows_mm == 0.25


@pytest.mark.parametrize("signed", [0, 1])
def test_bits_around_the_stored_ones_are_cleared(signed: int) -> None:
    plain = np.arange(256, dtype=np.uint16).reshape(16, 16) * 16
    with_overlay = plain | np.uint16(0xF000)

    def change(data: Dataset) -> None:
        data.PixelRepresentation = signed

    data = make_dicom(change, pixels=with_overlay)
    new = done(data)
    assert np.array_equal(read_image(new.data).pixels, read_image(data).pixels)
    stored = np.frombuffer(header_of(new).PixelData, "<u2").reshape(16, 16)
    negative = (plain & 0x800) != 0
    expected = plain | np.where(negative, 0xF000, 0) if signed else plain
    assert np.array_equal(stored, expected)


def test_a_comment_in_compressed_pixels_is_blanked() -> None:
    picture = io.BytesIO()
    Image.new("L", (16, 16), 90).save(picture, "JPEG", comment=b"Doe Jane")

    def change(data: Dataset) -> None:
        data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
        data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        data.PixelData = encapsulate([picture.getvalue()])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True

    data = make_dicom(change)
    assert b"Doe Jane" in data and b"Doe Jane" not in done(data).data
    assert np.array_equal(read_image(data).pixels, read_image(done(data).data).pixels)


def test_an_overlay_inside_compressed_pixels_is_refused() -> None:
    picture = io.BytesIO()
    Image.new("L", (16, 16), 90).save(picture, "JPEG")

    def change(data: Dataset) -> None:
        data.add_new(0x60000102, "US", 12)
        data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        data.PixelData = encapsulate([picture.getvalue()])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True

    with pytest.raises(UnreadableImage, match="Export it uncompressed"):
        done(make_dicom(change))


def test_text_in_the_pixels_is_found_said_and_written_into_the_file() -> None:
    picture = Image.new("I;16", (300, 200), 300)
    mask = Image.new("L", (300, 200))
    ImageDraw.Draw(mask).text((8, 8), "DOE JANE 1944", 255, ImageFont.load_default(18))
    pixels = np.array(picture, np.uint16) + np.array(mask, np.uint16) * 12
    new = done(make_dicom(pixels=pixels))
    assert new.warnings == ("Something like burned-in text was found in the pixels.",)
    assert any(box.top < 30 and box.left < 60 and box.right > 100 for box in new.text)
    assert header_of(new).BurnedInAnnotation == "YES"
    frames = np.stack([np.full_like(pixels, 300), np.full_like(pixels, 300), pixels])
    assert done(make_dicom(pixels=frames)).text, "the last frame is looked at too"
    assert done(make_dicom()).warnings == ()


@pytest.mark.parametrize(
    ("keyword", "value", "sentence"),
    [
        ("BurnedInAnnotation", "YES", "says that text"),
        ("Modality", "US", "often shows text"),
        ("ConversionType", "DF", "often shows text"),
        ("ImageType", ["DERIVED", "SECONDARY"], "often shows text"),
    ],
)
def test_kinds_that_show_text_are_said(keyword: str, value: object, sentence: str) -> None:
    (warning,) = done(make_dicom(lambda data: setattr(data, keyword, value))).warnings
    assert sentence in warning
