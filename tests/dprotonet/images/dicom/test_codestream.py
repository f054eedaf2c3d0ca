"""What compressed data say of themselves is checked before a decoder sees them."""

import numpy as np
import pytest
from imagecodecs import jpeg8_encode
from PIL import Image
from pydicom.uid import JPEGBaseline8Bit

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.codestream import check_scans, read_codestream
from dprotonet.images.reader import read_image

ROWS, COLUMNS = 45, 61
GREY = np.random.default_rng(2).integers(0, 256, (ROWS, COLUMNS), dtype=np.uint8)
COLOURS = np.stack([GREY, 255 - GREY, GREY[::-1]], -1)


def test_a_jpeg_that_states_another_size_is_not_decoded(encapsulated):
    stream = bytearray(jpeg8_encode(GREY, 90))
    at = stream.index(b"\xff\xc0")
    stream[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(UnreadableImage, match="65535 × 65535"):
        read_image(encapsulated(bytes(stream), GREY, JPEGBaseline8Bit))


def test_a_jpeg_of_another_number_of_samples_is_not_decoded(encapsulated):
    stream = jpeg8_encode(COLOURS, 90)
    with pytest.raises(UnreadableImage, match="1 samples of a pixel and its compressed data 3"):
        read_image(encapsulated(stream, GREY, JPEGBaseline8Bit))


def test_a_jpeg_without_its_end_is_shown_and_said(encapsulated):
    stream = jpeg8_encode(GREY, 90)
    image = read_image(encapsulated(stream[: len(stream) // 2], GREY, JPEGBaseline8Bit))
    assert any("lack their end" in note for note in image.notes)
    whole = read_image(encapsulated(stream, GREY, JPEGBaseline8Bit))
    assert not any("lack their end" in note for note in whole.notes)


@pytest.mark.parametrize("marker", [b"\xff\x02", b"\xff\xbf", b"\xff\xd8", b"\xff\xc0"])
def test_a_marker_amid_the_coded_data_is_damage(encapsulated, marker: bytes):
    stream = bytearray(jpeg8_encode(GREY, 90))
    at = len(stream) * 2 // 3
    stream[at : at + 2] = marker
    with pytest.raises(UnreadableImage, match="damaged"):
        read_image(encapsulated(bytes(stream), GREY, JPEGBaseline8Bit))


def test_a_progressive_stream_has_many_scans_and_is_well(photo):
    assert check_scans(photo(COLOURS, "JPEG", progressive=True, quality=80))


def test_a_thumbnail_in_the_header_is_not_taken_for_the_image(photo):
    stream = photo(GREY, "JPEG")
    small = photo(Image.new("L", (8, 8)), "JPEG")
    inside = b"\xff\xe0" + (len(small) + 2).to_bytes(2, "big") + small
    both = stream[:2] + inside + stream[2:]
    assert check_scans(both)
    result = read_codestream(both)
    assert result is not None and (result.rows, result.columns) == (ROWS, COLUMNS)
