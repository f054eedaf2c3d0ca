import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut
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
from dprotonet.images.windows import Window


def lut_item(first: int, entries: list[int], bits: int, explanation: str = "") -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    item.LUTExplanation = explanation
    item.LUTData = np.array(entries, "<u2").tobytes()
    item["LUTData"].VR = "OW"
    return item


def low_high(window: Window) -> tuple[float, float]:
    return window.centre - window.width / 2, window.centre + window.width / 2


def test_a_whole_rescale_keeps_integers_and_agrees_with_pydicom(dicom_file, dataset, ramp):
    rescale = {"RescaleSlope": 2, "RescaleIntercept": -1024}
    image = read_image(dicom_file(ramp, **rescale, BitsStored=13, HighBit=12))
    assert image.pixels.dtype == np.int16
    assert np.array_equal(image.pixels, apply_modality_lut(ramp, dataset(ramp, **rescale)))


def test_a_fractional_rescale_gives_floats(dicom_file, dataset, ramp):
    rescale = {"RescaleSlope": "0.25", "RescaleIntercept": "-3.5"}
    image = read_image(dicom_file(ramp, **rescale))
    assert image.pixels.dtype == np.float32
    expected = apply_modality_lut(ramp, dataset(ramp, **rescale))
    assert np.allclose(image.pixels, expected)


def test_double_pixels_keep_digits_that_float32_cannot_hold(dicom_file):
    stored = 1e12 + np.linspace(0, 1, 12).reshape(3, 4)
    window = {"WindowCenter": "1000000000000.5", "WindowWidth": "1"}
    image = read_image(dicom_file(stored, **window, VOILUTFunction="LINEAR_EXACT"))
    assert np.allclose(image.unit(), stored - 1e12, atol=0.001)


def test_a_fractional_rescale_of_32_bits_keeps_its_digits(dicom_file):
    stored = 2_000_000_000 + np.arange(12, dtype=np.int32).reshape(3, 4)
    image = read_image(dicom_file(stored, RescaleSlope="0.5", RescaleIntercept="0"))
    assert image.pixels.tolist() == (stored / 2).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("none", [-3.4e38, 1e36])
def test_numbers_that_stand_for_no_value_do_not_choose_the_window(
    dicom_file, dtype: type, none: float
):
    stored = np.linspace(0, 1, 400, dtype=dtype).reshape(20, 20)
    stored[:5] = none
    image = read_image(dicom_file(stored))
    assert [round(end, 1) for end in low_high(image.windows[0])] == [0.3, 1.0]
    assert [round(end, 1) for end in low_high(image.windows[1])] == [0.3, 1.0]


def test_a_window_with_nothing_behind_its_last_backslash_counts(dicom_file, ramp):
    image = read_image(dicom_file(ramp, WindowCenter=["40", ""], WindowWidth=["80", ""]))
    assert [(window.centre, window.width) for window in image.windows] == [(40, 80)]


def test_a_rescale_that_leaves_16_bits_is_exact(dicom_file):
    stored = np.array([[0, 65535]], np.uint16)
    image = read_image(dicom_file(stored, RescaleSlope=70000, RescaleIntercept=1))
    assert image.pixels.tolist() == [[1, 65535 * 70000 + 1]]


def test_a_slope_of_zero_is_remarked_and_ignored(dicom_file, ramp):
    image = read_image(dicom_file(ramp, RescaleSlope=0, RescaleIntercept=5))
    assert np.array_equal(image.pixels, ramp)
    assert any("slope" in note for note in image.notes)


def test_a_modality_table_agrees_with_pydicom(dicom_file, dataset):
    stored = np.array([[-5, -3, -2, 0, 9]], np.int16)
    lut = {"ModalityLUTSequence": [lut_item(-3, [7, 70, 700, 7000], 16)]}
    image = read_image(dicom_file(stored, **lut))
    assert image.pixels.tolist() == [[7, 7, 70, 7000, 7000]]


def test_every_window_is_offered_with_its_name_and_agrees_with_pydicom(dicom_file, dataset, ramp):
    windows = {
        "WindowCenter": [2000, 900],
        "WindowWidth": [3000, 500],
        "WindowCenterWidthExplanation": ["LUNG", "SOFT"],
    }
    image = read_image(dicom_file(ramp, **windows))
    assert [(w.centre, w.width, w.name) for w in image.windows] == [
        (2000, 3000, "LUNG"),
        (900, 500, "SOFT"),
    ]
    for index, window in enumerate(image.windows):
        expected = apply_voi_lut(ramp, dataset(ramp, **windows), index) / 65535
        assert np.abs(image.unit(window) - expected).max() < 1e-6
    assert np.array_equal(image.unit(), image.unit(image.windows[0]))


def test_a_voi_table_comes_before_the_windows_and_agrees_with_pydicom(dicom_file, dataset, ramp):
    entries = (np.linspace(0, 1, 4000) ** 2 * 4095).astype(int).tolist()
    attributes = {
        "VOILUTSequence": [lut_item(100, entries, 12, "HARDER")],
        "WindowCenter": 2000,
        "WindowWidth": 3000,
    }
    image = read_image(dicom_file(ramp, **attributes))
    assert [w.function for w in image.windows] == ["TABLE", "LINEAR"]
    assert image.windows[0].name == "HARDER"
    written = dcmread_bytes(dicom_file(ramp, **attributes))
    assert np.abs(image.unit() - apply_voi_lut(ramp, written) / 4095).max() < 1e-6


def test_a_voi_table_that_overstates_its_bits_is_shown_over_its_own_range(dicom_file, ramp):
    entries = list(range(0, 4096))
    image = read_image(dicom_file(ramp, VOILUTSequence=[lut_item(0, entries, 16)]))
    assert image.unit().max() == 1
    assert any("16 bits" in note for note in image.notes)


def test_a_damaged_voi_table_is_left_out_and_remarked(dicom_file, ramp):
    item = lut_item(0, list(range(100)), 12)
    item.LUTDescriptor = [4000, 0, 12]
    image = read_image(dicom_file(ramp, VOILUTSequence=[item], WindowCenter=50, WindowWidth=100))
    assert [w.function for w in image.windows] == ["LINEAR"]
    assert any("damaged" in note for note in image.notes)


def dcmread_bytes(data: bytes) -> Dataset:
    import io

    return dcmread(io.BytesIO(data))


def test_a_file_without_window_is_shown_by_percentiles_and_says_so(dicom_file):
    stored = np.arange(10000, dtype=np.uint16).reshape(100, 100)
    image = read_image(dicom_file(stored))
    assert low_high(image.windows[0]) == pytest.approx((99, 9899), abs=1)
    assert low_high(image.windows[1]) == (0, 9999)
    assert any("no window" in note for note in image.notes)


def test_an_impossible_window_is_left_out_and_remarked(dicom_file, ramp):
    image = read_image(dicom_file(ramp, WindowCenter=[5, 100], WindowWidth=[0, 200]))
    assert [w.centre for w in image.windows] == [100]
    assert any("left out" in note for note in image.notes)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    centre=st.integers(-500, 5000),
    width=st.integers(2, 6000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
def test_a_monochrome1_image_is_the_negative_of_its_monochrome2_twin(
    dicom_file, seed: int, centre: int, width: int, function: str
):
    stored = np.random.default_rng(seed).integers(0, 4096, (9, 7), dtype=np.uint16)
    voi = {"WindowCenter": centre, "WindowWidth": width, "VOILUTFunction": function}
    light = read_image(dicom_file(stored, **voi))
    dark = read_image(dicom_file(stored, **voi, PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(dark.pixels, light.pixels)
    assert dark.inverted and not light.inverted
    assert np.abs(dark.unit() - (1 - light.unit())).max() < 1e-6


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), centre=st.integers(0, 4095), width=st.integers(2, 6000))
def test_a_monochrome1_image_equals_its_inverted_twin(
    dicom_file, seed: int, centre: int, width: int
):
    # The same picture, once stored upside down: LINEAR_EXACT is symmetric about its centre.
    stored = np.random.default_rng(seed).integers(0, 4096, (9, 7), dtype=np.uint16)
    voi = {"WindowWidth": width, "VOILUTFunction": "LINEAR_EXACT"}
    light = read_image(dicom_file(stored, WindowCenter=centre, **voi))
    turned = dicom_file(
        4095 - stored, WindowCenter=4095 - centre, PhotometricInterpretation="MONOCHROME1", **voi
    )
    assert np.abs(read_image(turned).unit() - light.unit()).max() < 1e-6


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_and_does_not_count_in_the_percentiles(dicom_file, photometric: str):
    stored = np.full((20, 20), 63536, np.uint16)
    stored[5:15, 5:15] = np.arange(1000, 1100).reshape(10, 10)
    image = read_image(
        dicom_file(stored, PixelPaddingValue=63536, PhotometricInterpretation=photometric)
    )
    assert image.padding.sum() == 300
    assert np.all(image.unit()[image.padding] == 0)
    assert low_high(image.windows[0]) == pytest.approx((1000, 1098), abs=1)


def test_a_range_of_padding_is_masked_in_stored_values(dicom_file):
    stored = np.array([[-2000, -1990, -1000, 40]], np.int16)
    image = read_image(
        dicom_file(
            stored,
            PixelPaddingValue=-2000,
            PixelPaddingRangeLimit=-1990,
            RescaleSlope=1,
            RescaleIntercept=-24,
        )
    )
    assert image.padding.tolist() == [[True, True, False, False]]


def test_an_image_all_of_padding_is_shown(dicom_file):
    image = read_image(dicom_file(np.zeros((4, 4), np.uint16), PixelPaddingValue=0))
    assert image.padding is None
    assert any("padding" in note for note in image.notes)


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
        found = Dataset()
        for keyword, item in sequences.items():
            setattr(found, keyword, [item])
        return found

    def item(**attributes: object) -> Dataset:
        found = Dataset()
        for keyword, value in attributes.items():
            setattr(found, keyword, value)
        return found

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


def test_pixel_spacing_comes_before_the_detectors_and_is_named(dicom_file, ramp):
    both = read_image(dicom_file(ramp, PixelSpacing=[0.1, 0.1], ImagerPixelSpacing=[0.2, 0.2]))
    assert both.spacing == Spacing(0.1, 0.1, "PixelSpacing")
    imager = read_image(dicom_file(ramp, ImagerPixelSpacing=[0.2, 0.1]))
    assert imager.spacing == Spacing(0.2, 0.1, "ImagerPixelSpacing")
    assert read_image(dicom_file(ramp, PixelSpacing=[0, 0])).spacing is None


def test_an_aspect_ratio_without_spacing_is_kept(dicom_file, ramp):
    image = read_image(dicom_file(ramp, PixelAspectRatio=[2, 1]))
    assert image.spacing is None and image.pixel_aspect == 2


def test_the_header_is_told_without_the_person(dicom_file, ramp):
    data = dicom_file(
        ramp,
        PatientName="Doe^Jane",
        PatientID="4711",
        ViewPosition="PA",
        ImageLaterality="U",
        BodyPartExamined="CHEST",
        StudyInstanceUID="1.2.3",
        StudyDate="20200101",
        BurnedInAnnotation="YES",
    )
    facts = inspect(data)
    assert (facts.format, facts.rows, facts.columns, facts.bits) == ("dicom", 6, 8, 16)
    dicom = facts.dicom
    assert (dicom.modality, dicom.view_position, dicom.body_part) == ("DX", "PA", "CHEST")
    assert (dicom.study_uid, dicom.study_date, dicom.laterality) == ("1.2.3", "20200101", "U")
    assert dicom.burned_in_annotation is True
    assert "Doe" not in repr(facts) and "4711" not in repr(facts)
    assert any("burned" in note for note in read_image(data).notes)


def test_overlay_graphics_are_remarked(dicom_file, written, dataset, ramp):
    ds = dataset(ramp)
    ds.add_new(0x60000010, "US", 6)
    assert any("overlay" in note for note in read_image(written(ds)).notes)
