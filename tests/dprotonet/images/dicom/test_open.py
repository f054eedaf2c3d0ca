"""How a DICOM file is opened, and which files and syntaxes are refused with their name."""

import struct
import zlib

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
)

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.limits import Limits
from dprotonet.images.reader import inspect, read_image

GREY = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)


@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        ("1.2.840.10008.1.2.4.92", "JPEG 2000 part 2"),
        ("1.2.840.10008.1.2.4.93", "JPEG 2000 part 2"),
        ("1.2.840.10008.1.2.4.94", "JPIP"),
        ("1.2.840.10008.1.2.4.100", "MPEG-2"),
        ("1.2.840.10008.1.2.4.102", "MPEG-4"),
        ("1.2.840.10008.1.2.4.102.1", "MPEG-4"),
        ("1.2.840.10008.1.2.4.107", "HEVC"),
        ("1.2.840.10008.1.2.4.110", "JPEG XL"),
        ("1.2.3.4.5", "an unknown method"),
    ],
)
def test_a_syntax_that_is_not_decoded_is_refused_by_name(dicom_file, syntax: str, name: str):
    data = dicom_file(GREY)
    old = b"1.2.840.10008.1.2.1\0"
    new = syntax.encode() + b"\0" * (len(syntax) % 2)
    at = data.index(old)
    grown = bytearray(data[: at - 2] + struct.pack("<H", len(new)) + new + data[at + len(old) :])
    length = struct.unpack("<I", grown[140:144])[0]
    grown[140:144] = struct.pack("<I", length + len(new) - len(old))
    with pytest.raises(UnreadableImage) as caught:
        inspect(bytes(grown))
    assert name in str(caught.value) and syntax in str(caught.value)
    assert not isinstance(caught.value, NotAnImage)


def test_a_deflated_file_is_read(dicom_file):
    image = read_image(dicom_file(GREY, DeflatedExplicitVRLittleEndian))
    assert np.array_equal(image.pixels, GREY)
    assert image.facts.dicom.transfer_syntax == DeflatedExplicitVRLittleEndian


def test_a_deflated_bomb_is_inflated_only_to_the_cap(dicom_file):
    data = dicom_file(np.zeros((4, 4), np.uint16), DeflatedExplicitVRLittleEndian)
    start = 144 + struct.unpack("<I", data[140:144])[0]
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(50_000_000)) + deflater.flush()
    limits = Limits(inflated_bytes=1_000_000)
    with pytest.raises(UnreadableImage, match="unpacks to more than 1 MB"):
        inspect(data[:start] + bomb, limits=limits)


@pytest.mark.parametrize("meta", [True, False])
def test_a_file_without_preamble_is_read_by_its_required_attributes(dicom_file, meta: bool):
    data = dicom_file(GREY)
    body = data[132:]
    if not meta:
        body = data[144 + struct.unpack("<I", data[140:144])[0] :]
    assert np.array_equal(read_image(body).pixels, GREY)


def test_bytes_that_only_begin_like_a_dataset_are_no_image():
    for start in (b"\x08\x00", b"\x02\x00\x00\x00", b"\x00\x08"):
        junk = start + bytes(range(1, 200)) * 3
        with pytest.raises(NotAnImage):
            read_image(junk)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("test-SR.dcm", "Comprehensive SR"),
        ("rtplan.dcm", "RT Plan"),
        ("rtstruct.dcm", "RT Structure Set"),
        ("waveform_ecg.dcm", "ECG"),
        ("DICOMDIR", "DICOMDIR"),
    ],
)
def test_what_holds_no_pixels_is_skipped_and_named(file: str, kind: str):
    with pytest.raises(NotAnImage, match=kind):
        read_image(get_testdata_file(file, download=False))


def test_an_encapsulated_pdf_is_no_image(written):
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
    ds.SOPInstanceUID = "1.2.3"
    ds.EncapsulatedDocument = b"%PDF-1.4"
    with pytest.raises(NotAnImage, match="Encapsulated PDF"):
        read_image(written(ds))


def test_an_image_without_its_pixels_is_an_error_not_a_skip(written, dataset):
    ds = dataset(GREY)
    del ds.PixelData
    with pytest.raises(UnreadableImage, match="no pixels") as caught:
        read_image(written(ds))
    assert not isinstance(caught.value, NotAnImage)


def test_a_kind_that_no_list_has_is_not_quoted_wherever_it_is_cut_off(written):
    # A damaged length makes much of the header one value; what is read of it may end in a blank.
    for before in range(10):
        said = b"x" * before + b"1.2\\" + b"Zebrowski " * 1000
        ds = Dataset()
        ds.SOPInstanceUID = "1.2.3"
        raw = RawDataElement(Tag("SOPClassUID"), "UI", len(said), said, 0, False, True)
        ds[raw.tag] = raw
        with pytest.raises(UnreadableImage, match="does not say what it is") as caught:
            read_image(written(ds))
        assert "Zebrowski" not in str(caught.value)
