"""Native colour with subsampled chroma, and labels that the length of the data contradicts."""

import numpy as np
import pytest
from pydicom.pixels import convert_color_space

from dprotonet.images.reader import inspect, read_frames, read_image

SIZES = [(6, 8), (5, 8), (6, 7), (5, 7)]


def ybr(rows: int, columns: int, frames: int = 1) -> np.ndarray:
    """(frames, rows, columns, 3) in which both pixels of a pair have the same chroma."""
    made = np.random.default_rng(5).integers(0, 256, (frames, rows, columns, 3), dtype=np.uint8)
    odd = columns // 2 * 2
    made[:, :, 1:odd:2, 1:] = made[:, :, 0:odd:2, 1:]
    return made


def rgb(pixels: np.ndarray) -> np.ndarray:
    return convert_color_space(pixels, "YBR_FULL", "RGB")


def subsampled(frame: np.ndarray) -> bytes:
    """Y Y Cb Cr, every row from its own beginning."""
    if frame.shape[1] % 2:
        frame = np.concatenate([frame, frame[:, -1:]], axis=1)
    quads = [frame[:, ::2, 0], frame[:, 1::2, 0], frame[:, ::2, 1], frame[:, ::2, 2]]
    return np.stack(quads, -1).tobytes()


def file(dataset, written, data: bytes, like: np.ndarray, label: str, **attributes) -> bytes:
    shape = like if like.shape[0] > 1 else like[0]
    ds = dataset(shape, PhotometricInterpretation=label, **attributes)
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OB"
    return written(ds)


@pytest.mark.parametrize(("rows", "columns"), SIZES)
@pytest.mark.parametrize("planar", [0, 1, 7, None])
def test_subsampled_chroma_is_spread_over_its_pair(dataset, written, rows, columns, planar):
    pixels = ybr(rows, columns, 2)
    data = b"".join(subsampled(frame) for frame in pixels)
    made = file(dataset, written, data, pixels, "YBR_FULL_422", PlanarConfiguration=planar)
    assert inspect(made).frames == 2
    for image, frame in zip(read_frames(made), pixels, strict=True):
        assert np.array_equal(image.pixels, rgb(frame))
        assert image.notes == ()


def test_odd_columns_may_run_on_over_the_ends_of_rows(dataset, written):
    pairs = ybr(1, 20)  # 4 rows of 5
    data = subsampled(pairs[0])
    image = read_image(file(dataset, written, data, pairs.reshape(1, 4, 5, 3), "YBR_FULL_422"))
    assert np.array_equal(image.pixels, rgb(pairs).reshape(4, 5, 3))


def test_a_last_pixel_without_its_pair_is_read(dataset, written):
    pairs = ybr(1, 15)  # 3 rows of 5; the last pixel has the chroma of the pair before
    pairs[0, 0, -1, 1:] = pairs[0, 0, -2, 1:]
    data = subsampled(pairs[0])[:-2]
    image = read_image(file(dataset, written, data, pairs.reshape(1, 3, 5, 3), "YBR_FULL_422"))
    assert np.array_equal(image.pixels, rgb(pairs).reshape(3, 5, 3))


@pytest.mark.parametrize(("rows", "columns"), SIZES)
@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("stated", [1, 2, 3])
def test_three_bytes_of_a_pixel_are_no_subsampled_chroma(
    dataset, written, rows, columns, planar, stated
):
    pixels = np.random.default_rng(6).integers(0, 256, (2, rows, columns, 3), dtype=np.uint8)
    if stated == 1:
        pixels = pixels[:1]
    stored = pixels.transpose(0, 3, 1, 2) if planar else pixels
    made = file(
        dataset,
        written,
        stored.tobytes(),
        pixels,
        "YBR_FULL_422",
        PlanarConfiguration=planar,
        NumberOfFrames=2 if stated == 3 else stated,
    )
    assert inspect(made).frames == len(pixels)
    for image, frame in zip(read_frames(made), pixels, strict=True):
        assert np.array_equal(image.pixels, rgb(frame))
        assert any("by their length" in note for note in image.notes)


def test_two_bytes_of_a_pixel_are_subsampled_whatever_the_label(dataset, written):
    pixels = ybr(6, 8)
    image = read_image(file(dataset, written, subsampled(pixels[0]), pixels, "YBR_FULL"))
    assert np.array_equal(image.pixels, rgb(pixels[0]))
    assert any("by their length they are YBR_FULL_422" in note for note in image.notes)


def test_subsampled_frames_that_are_missing_do_not_count(dataset, written):
    pixels = ybr(6, 8, 2)
    data = b"".join(subsampled(frame) for frame in pixels)
    made = file(dataset, written, data, pixels, "YBR_FULL_422", NumberOfFrames=5)
    assert inspect(made).frames == 2
    assert np.array_equal(read_image(made, frame=1).pixels, rgb(pixels[1]))


@pytest.mark.parametrize("label", ["RGB", "YBR_FULL"])
def test_planes_and_pixels_give_the_same_colours(dataset, written, label):
    pixels = ybr(4, 6)
    planes = pixels.transpose(0, 3, 1, 2).tobytes()
    one = read_image(file(dataset, written, pixels.tobytes(), pixels, label))
    other = read_image(file(dataset, written, planes, pixels, label, PlanarConfiguration=1))
    assert np.array_equal(one.pixels, other.pixels)
