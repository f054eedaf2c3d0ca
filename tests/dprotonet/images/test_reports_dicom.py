"""Files of kinds that people reported to other readers, with the values the standard asks for.

``tests/data/reports`` holds them: synthetic, nobody is shown. ``NAME.expected.npy`` is what is
shown by the default window, in [0, 1]; colour is RGB / 255.
"""

import numpy as np
import pytest

from dprotonet.images.reader import inspect, read_frames, read_image
from tests.paths import REPORTS

GREY, COLOUR, LOSSY = 0.003, 0.012, 0.05  # what a value may differ by


@pytest.mark.parametrize(
    ("name", "frame", "tolerance"),
    [
        pytest.param("A01", 0, GREY, id="a sigmoid window"),
        pytest.param("A03", 0, GREY, id="a window one wide"),
        pytest.param("A09", 0, GREY, id="a window with decimal commas"),
        pytest.param("A13", 1, GREY, id="a window of the second frame alone"),
        pytest.param("A16", 0, GREY, id="a window with fractions"),
        pytest.param("B02", 0, GREY, id="a VOI LUT that states 16 bits and uses 12"),
        pytest.param("B06", 0, GREY, id="a modality LUT from -2048 written as US"),
        pytest.param("B07", 0, GREY, id="a VOI LUT from -1024 written as US, no value below 0"),
        pytest.param("B07b", 0, GREY, id="a VOI LUT from -1024 written as SS, no value below 0"),
        pytest.param("B07c", 0, GREY, id="a VOI LUT from -1024 in implicit VR, no value below 0"),
        pytest.param("B07d", 0, GREY, id="a VOI LUT from -1024 in implicit VR, values below 0"),
        pytest.param("B17", 0, GREY, id="MONOCHROME1 with an inverse presentation LUT"),
        pytest.param("C01", 0, GREY, id="overlay bits above the stored bits"),
        pytest.param("C02", 0, GREY, id="signed 12 bits whose sign is not carried"),
        pytest.param("C03b", 0, GREY, id="signed and left-aligned"),
        pytest.param("C15", 0, GREY, id="float pixels with one hot pixel"),
        pytest.param("D04", 0, GREY, id="signed padding whose sign is not carried"),
        pytest.param("E09", 0, COLOUR, id="a palette of 8 bits in the upper bytes of words"),
        pytest.param("E09b", 0, COLOUR, id="a palette of 8 bits in both bytes of words"),
        pytest.param("E10", 0, COLOUR, id="a palette of 16 bits with a dark channel"),
        pytest.param("E11", 0, COLOUR, id="a palette of 16 bits that holds 8"),
        pytest.param("E16", 0, COLOUR, id="a segmented palette"),
        pytest.param("F09", 0, GREY, id="signed 13 bits as unsigned JPEG 2000"),
        pytest.param("F12", 0, GREY, id="signed 12 of 16 bits in JPEG-LS, upper bits clear"),
        pytest.param("F12b", 0, GREY, id="signed 12 of 16 bits in JPEG-LS of 12"),
        pytest.param("F16b", 0, GREY, id="signed 12 of 16 bits in lossless JPEG"),
        pytest.param("G02", 1, LOSSY, id="frames of two fragments without offset table"),
        pytest.param("G04", 1, LOSSY, id="two of five JPEG frames"),
        pytest.param("G10", 2, LOSSY, id="an extended offset table"),
        pytest.param("H03", 2, GREY, id="three of five native frames"),
        pytest.param("K06", 0, GREY, id="implicit VR labelled explicit"),
        pytest.param("K07", 0, GREY, id="explicit VR labelled implicit"),
    ],
)
def test_a_reported_file_is_shown_as_the_standard_says(name: str, frame: int, tolerance: float):
    image = read_image(REPORTS / f"{name}.dcm", frame=frame)
    expected = np.load(REPORTS / f"{name}.expected.npy")
    assert image.unit().shape == expected.shape
    assert np.abs(image.unit() - expected).max() <= tolerance


def test_single_bits_run_on_from_frame_to_frame():
    expected = np.load(REPORTS / "C05a.expected.npy")
    assert np.abs(read_image(REPORTS / "C05.dcm").unit() - expected).max() <= GREY


def test_pixels_twice_as_high_as_wide_are_told():
    assert read_image(REPORTS / "K29.dcm").pixel_aspect == 2


@pytest.mark.parametrize(
    ("name", "frames", "expected"),
    [
        ("A09", 1, "decimal comma stands in WindowCenter, WindowWidth"),
        ("G04", 2, "states 5 frames, and 2 are there"),
        ("H02", 3, "does not say how many frames it has; its pixel data hold 3"),
        ("H03", 3, "states 5 frames, and 3 are there"),
        ("K38", 1, "raw values of the detector"),
    ],
)
def test_what_is_odd_is_said_and_the_frames_there_are_counted(
    name: str, frames: int, expected: str
):
    path = REPORTS / f"{name}.dcm"
    assert inspect(path).frames == frames
    read = list(read_frames(path))
    assert len(read) == frames
    assert all(any(expected in note for note in image.notes) for image in read)
