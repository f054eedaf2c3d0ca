import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from dprotonet.errors import UnreadableImage
from dprotonet.images.reader import inspect, read_frames, read_image
from dprotonet.images.types import Spacing


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_every_depth_and_sign_keeps_its_values(written, dataset, dtype: str, syntax: str):
    info = np.iinfo(dtype)
    stored = np.array([[info.min, info.min + 1, 0], [1, info.max - 1, info.max]], dtype)
    ds = dataset(stored)
    if syntax == ExplicitVRBigEndian:
        swapped = stored.astype(stored.dtype.newbyteorder(">")).tobytes()
        ds.PixelData = swapped
        ds["PixelData"].VR = "OB" if stored.dtype.itemsize == 1 else "OW"
    image = read_image(written(ds, syntax))
    assert image.pixels.dtype == stored.dtype
    assert np.array_equal(image.pixels, stored)


@pytest.mark.parametrize("sign", [0, 1])
def test_stored_bits_may_lie_above_bit_0_with_other_data_below(dicom_file, sign: int):
    values = np.array([[0, 5, 100, -3 if sign else 1000]], np.int16)
    raw = ((values << 4) | 0b1010).view(np.uint16).astype(np.uint16)
    image = read_image(dicom_file(raw, BitsStored=12, HighBit=15, PixelRepresentation=sign))
    assert np.array_equal(image.pixels, values)


def test_unused_upper_bits_are_ignored(dicom_file):
    raw = np.array([[0xF005, 0x3FFF]], np.uint16)
    image = read_image(dicom_file(raw, BitsStored=12, HighBit=11))
    assert image.pixels.tolist() == [[5, 4095]]


def test_single_bits_are_read(written, dataset):
    mask = np.random.default_rng(0).integers(0, 2, (5, 7), dtype=np.uint8)
    ds = dataset(mask, BitsAllocated=1, BitsStored=1, HighBit=0)
    packed = np.packbits(mask.ravel(), bitorder="little").tobytes()
    ds.PixelData = packed + b"\0" * (len(packed) % 2)
    assert np.array_equal(read_image(written(ds)).pixels, mask)


@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
def test_float_pixels_are_kept_and_what_is_no_number_is_padding(dicom_file, dtype: str):
    stored = np.array([[0.5, np.nan, 2.25], [np.inf, -1, 3]], dtype)
    image = read_image(dicom_file(stored))
    assert image.pixels.dtype == np.dtype(dtype)
    assert image.padding.tolist() == [[False, True, False], [True, False, False]]
    assert np.isfinite(image.pixels).all()
    assert image.pixels[~image.padding].tolist() == [0.5, 2.25, -1, 3]


def test_float_pixels_without_one_number_are_refused(dicom_file):
    with pytest.raises(UnreadableImage, match="No pixel"):
        read_image(dicom_file(np.full((2, 2), np.nan, np.float32)))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_palette_is_applied(written, dataset, bits: int):
    indices = np.array([[0, 10, 11, 12, 200]], np.uint8)
    ds = dataset(indices, PhotometricInterpretation="PALETTE COLOR")
    scale = 257 if bits == 16 else 1
    for colour, levels in (("Red", [0, 128, 255]), ("Green", [9, 8, 7]), ("Blue", [1, 2, 3])):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [3, 10, bits])
        data = (np.array(levels) * scale).astype("<u2" if bits == 16 else "u1").tobytes()
        setattr(ds, f"{colour}PaletteColorLookupTableData", data + b"\0" * (len(data) % 2))
    image = read_image(written(ds))
    expected = [[0, 9, 1], [0, 9, 1], [128, 8, 2], [255, 7, 3], [255, 7, 3]]
    assert image.pixels.tolist() == [expected]
    assert image.is_colour and image.facts.colour


def test_a_palette_image_without_palette_is_refused(dicom_file):
    with pytest.raises(UnreadableImage, match="palette"):
        read_image(
            dicom_file(np.zeros((2, 2), np.uint8), PhotometricInterpretation="PALETTE COLOR")
        )


def test_ybr_is_converted_to_rgb(dicom_file):
    # PS3.3 C.7.6.3.1.2: pure red has Y 76, Cb 85, Cr 255.
    stored = np.array([[[76, 85, 255], [255, 128, 128]]], np.uint8)
    image = read_image(dicom_file(stored, PhotometricInterpretation="YBR_FULL"))
    assert np.abs(image.pixels.astype(int) - [[[255, 0, 0], [255, 255, 255]]]).max() <= 2


def test_colour_of_16_bits_keeps_its_upper_8_and_says_so(dicom_file):
    stored = np.array([[[0x1234, 0xABCD, 0xFFFF]]], np.uint16)
    image = read_image(dicom_file(stored))
    assert image.pixels.tolist() == [[[0x12, 0xAB, 0xFF]]]
    assert any("8 bits" in note for note in image.notes)


def test_grey_stored_as_rgb_stays_colour(dicom_file):
    image = read_image(dicom_file(np.full((3, 3, 3), 7, np.uint8)))
    assert image.is_colour and image.windows == ()


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_frames_are_decoded_one_at_a_time_by_index(dicom_file, syntax: str):
    stored = np.random.default_rng(1).integers(0, 4096, (3, 48, 64), dtype=np.uint16)
    data = dicom_file(stored, syntax, BitsStored=12, HighBit=11)
    assert inspect(data).frames == 3
    for index in (2, 0, 1):
        image = read_image(data, frame=index)
        assert image.frame == index
        assert np.array_equal(image.pixels, stored[index])
    shapes = [image.frame for image in read_frames(data)]
    assert shapes == [0, 1, 2]


def test_a_frame_behind_the_last_is_refused(dicom_file):
    data = dicom_file(np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(UnreadableImage, match="2 frames, numbers 0 to 1"):
        read_image(data, frame=2)


def test_functional_groups_give_each_frame_its_window_rescale_and_spacing(dicom_file):
    def group(**sequences: Dataset) -> Dataset:
        result = Dataset()
        for keyword, item in sequences.items():
            setattr(result, keyword, [item])
        return result

    def item(**attributes: object) -> Dataset:
        result = Dataset()
        for keyword, value in attributes.items():
            setattr(result, keyword, value)
        return result

    stored = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    frames = [
        group(
            FrameVOILUTSequence=item(WindowCenter=10 * n, WindowWidth=20),
            PixelValueTransformationSequence=item(RescaleSlope=1, RescaleIntercept=-100 * n),
        )
        for n in (1, 2)
    ]
    shared = group(PixelMeasuresSequence=item(PixelSpacing=[0.5, 0.25]))
    data = dicom_file(
        stored, PerFrameFunctionalGroupsSequence=frames, SharedFunctionalGroupsSequence=[shared]
    )
    for index, image in enumerate(read_frames(data)):
        assert [w.centre for w in image.windows] == [10 * (index + 1)]
        assert np.array_equal(image.pixels, stored[index].astype(int) - 100 * (index + 1))
        assert image.spacing == Spacing(0.5, 0.25, "PixelSpacing")
        assert image.pixel_aspect == 2


def test_overlay_graphics_are_remarked(dicom_file, written, dataset, ramp):
    ds = dataset(ramp)
    ds.add_new(0x60000010, "US", 6)
    assert any("overlay" in note for note in read_image(written(ds)).notes)
