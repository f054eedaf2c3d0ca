"""No sentence for the reader quotes the header: any text in it may be a patient's name."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import config, dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless, RLELossless

from dprotonet.errors import UnreadableImage
from dprotonet.images.hashes import pixel_sha256
from dprotonet.images.reader import inspect, read_image

MARKER = b"ZQXPATIENT"
# Ten characters each, in the place of which the marker is put.
TEXTS = dict.fromkeys(
    ("PatientName", "PatientID", "PatientComments", "StudyDescription", "ImageComments",
     "InstitutionName", "WindowCenterWidthExplanation", "AccessionNumber"),
    "TEXTTEXTTX",
)  # fmt: skip
WORDS = (
    "PhotometricInterpretation", "VOILUTFunction", "PresentationLUTShape",
    "PresentationIntentType", "Modality", "BurnedInAnnotation", "PixelPresentation",
    "ImageLaterality", "ViewPosition", "BodyPartExamined", "SpecificCharacterSet",
    "LossyImageCompression", "ImageType",
)  # fmt: skip
NUMBERS = (
    "WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "PixelSpacing",
    "ImagerPixelSpacing", "NominalScannedPixelSpacing",
)  # fmt: skip
COUNTS = ("NumberOfFrames", "PixelAspectRatio", "InstanceNumber")
UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
URLS = ("PixelDataProviderURL",)
SYNTAX = b"1.2.840.10008.1.2.1\0"
PLANTED = (*WORDS, *NUMBERS, *COUNTS, *UIDS, *URLS, "TransferSyntaxUID")
TAGS = {"Rows": b"\x28\x00\x10\x00US", "BitsAllocated": b"\x28\x00\x00\x01US"}
PIXELS = b"\xe0\x7f\x10\x00OW"
RAMP = (np.arange(48 * 64, dtype=np.uint16) * 20).reshape(48, 64)


def planted(dicom_file, keywords: tuple[str, ...], **more: object) -> bytes:
    """A file with the marker in all its free text and in ``keywords``."""
    values: dict[str, object] = {**TEXTS, **more}
    for number, keyword in enumerate(keywords):
        if keyword in (*NUMBERS, *COUNTS):
            values[keyword] = f"123456{number:04}"
        elif keyword in UIDS:
            values[keyword] = f"1.2.3.4.{number + 10}"
        elif keyword != "TransferSyntaxUID":
            values[keyword] = f"WORDWORD{number:02}"
    with config.disable_value_validation():
        data = dicom_file(RAMP, **values)
    for keyword, value in values.items():
        if keyword in TEXTS or keyword in keywords:
            data = data.replace(str(value).encode(), MARKER)
    if "TransferSyntaxUID" in keywords:
        data = data.replace(SYNTAX, MARKER + b".10008.1.2")
    assert data.count(MARKER) >= len(TEXTS)
    return data


def sentences(data: bytes) -> list[str]:
    """All sentences about a file that a reader sees."""
    sentences_read = []
    for use in (inspect, read_image, pixel_sha256):
        try:
            result = use(data)
            sentences_read += getattr(result, "notes", ())
        except UnreadableImage as error:
            sentences_read.append(str(error))
    return sentences_read


def assert_silent(data: bytes) -> None:
    for sentence in sentences(data):
        assert MARKER.decode() not in sentence.upper(), sentence
        assert "ATIENT" not in sentence.upper(), sentence


@pytest.mark.parametrize("keyword", PLANTED)
@pytest.mark.parametrize("lost", ["nothing", "Rows", "BitsAllocated", "pixels", "half"])
def test_a_text_in_the_place_of_another_value_is_not_quoted(dicom_file, keyword: str, lost: str):
    data = planted(dicom_file, (keyword,))
    if lost == "pixels":
        data = data[: data.rindex(PIXELS)]
    elif lost == "half":
        data = data[: len(data) // 2]
    elif lost in TAGS:
        data = data.replace(TAGS[lost], b"\x28\x00\xff\x00US")  # an element that nobody knows
    assert_silent(data)


@settings(max_examples=150, deadline=None)
@given(
    keywords=st.sets(st.sampled_from(PLANTED), max_size=4),
    seed=st.integers(0, 10_000),
    damaged=st.integers(0, 12),
    kept=st.floats(0.05, 1),
)
def test_no_sentence_about_a_damaged_file_quotes_it(dicom_file, keywords, seed, damaged, kept):
    data = bytearray(planted(dicom_file, tuple(sorted(keywords))))
    rng = np.random.default_rng(seed)
    for at in rng.integers(132, len(data), damaged):
        data[at] = rng.integers(0, 256)
    assert_silent(bytes(data[: max(200, int(len(data) * kept))]))


@pytest.mark.parametrize("syntax", [JPEGLSLossless, RLELossless])
@pytest.mark.parametrize("coded", [MARKER * 20, b"\xff\xd8" + MARKER * 20, b"\0" * 64 + MARKER])
def test_a_decoders_own_words_are_not_quoted(dicom_file, syntax: str, coded: bytes):
    ds = dcmread(io.BytesIO(dicom_file(RAMP, syntax)))
    ds.PixelData = encapsulate([coded])
    stream = io.BytesIO()
    ds.save_as(stream)
    quoted = sentences(stream.getvalue())
    assert quoted
    for sentence in quoted:
        assert MARKER.decode() not in sentence
        assert "Unable to decode" not in sentence and "plugin" not in sentence


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("PhotometricInterpretation", "of no known kind"),
        ("NumberOfFrames", "number of frames is no number"),
        ("TransferSyntaxUID", "an unknown method, which"),
        ("VOILUTFunction", "window function that is not known"),
    ],
)
def test_what_cannot_be_quoted_is_still_reported(dicom_file, keyword: str, expected: str):
    window = {"WindowCenter": 5, "WindowWidth": 10}
    assert any(
        expected in sentence for sentence in sentences(planted(dicom_file, (keyword,), **window))
    )


def test_a_kind_of_pixels_that_is_known_and_not_shown_is_named(dicom_file):
    with pytest.raises(UnreadableImage, match="YBR_PARTIAL_422"):
        read_image(dicom_file(RAMP, PhotometricInterpretation="YBR_PARTIAL_422"))


def test_a_name_of_a_window_is_one_short_line(dicom_file):
    long = "LUNG\r\n\x1b[31m\u202e" + "x" * 200
    with config.disable_value_validation():
        data = dicom_file(
            RAMP,
            SpecificCharacterSet="ISO_IR 192",
            WindowCenter=5,
            WindowWidth=10,
            WindowCenterWidthExplanation=long,
        )
    name = read_image(data).windows[0].name
    assert name.startswith("LUNG [31m") and name.isprintable() and len(name) == 64
