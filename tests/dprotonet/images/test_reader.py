"""What the reader says of a file by its content and its name."""

from pathlib import Path

import numpy as np
import pytest

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.reader import inspect, read_image


def test_the_content_decides_and_not_the_name(tmp_path: Path, photo, dicom_file):
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for name, data, kind in (
        ("image.png", dicom_file(pixels), "dicom"),
        ("image.dcm", photo(pixels), "png"),
        ("image", photo(pixels, "TIFF"), "tiff"),
        ("image.txt", photo(pixels, "BMP"), "bmp"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        assert inspect(path).format == kind
        assert np.array_equal(read_image(str(path)).pixels, pixels)


def test_a_text_named_as_an_image_is_still_a_text(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_text("not a picture")
    with pytest.raises(NotAnImage, match="text"):
        read_image(path)


def test_unknown_bytes_named_as_an_image_are_a_damaged_image(tmp_path: Path):
    path = tmp_path / "a.dcm"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(UnreadableImage, match="damaged") as caught:
        read_image(path)
    assert not isinstance(caught.value, NotAnImage)


def test_an_empty_file_that_is_named_otherwise_is_no_image(tmp_path: Path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NotAnImage, match="empty"):
        read_image(tmp_path / "notes.txt")


def test_an_empty_file_is_an_error(tmp_path: Path):
    path = tmp_path / "a.dcm"
    path.touch()
    for source in (path, b""):
        with pytest.raises(UnreadableImage, match="empty") as caught:
            read_image(source)
        assert not isinstance(caught.value, NotAnImage)
