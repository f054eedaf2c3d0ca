import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.hashes import file_sha256
from dprotonet.images.limits import Limits
from dprotonet.images.reader import inspect, read_image


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "a")
    return stream.getvalue()


NO_IMAGES = {
    "a PDF": b"%PDF-1.7\n...",
    "a text": "Befund: unauffällig.\n".encode(),
    "a latin-1 text": "Befund: unauffällig.\n".encode("latin-1"),
    "a UTF-16 text": "Befund".encode("utf-16"),
    "a CSV": b"path,label\na.png,1\n",
    "a long text": "ä".encode() * 5000,
    "BM as words": b"BMI: 23.4, weight 71 kg and more words to fill the line\n",
    "a ZIP or office file": zipped(),
    "an old office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "gzip": b"\x1f\x8b\x08" + bytes(30),
    "a web page": b"<!DOCTYPE html><html></html>",
    "JSON": b'{"a": 1}',
    "unknown bytes": bytes(range(256)) * 20,
}
OTHER_IMAGES = {
    "GIF": b"GIF89a" + bytes(40),
    "HEIC": b"\x00\x00\x00\x18ftypheic" + bytes(40),
    "AVIF": b"\x00\x00\x00\x18ftypavif" + bytes(40),
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "JPEG 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40),
    "JPEG XL": b"\xff\x0a" + bytes(40),
    "NIfTI": bytes(344) + b"n+1\x00" + bytes(40),
    "NRRD": b"NRRD0004\n",
    "PNM": b"P5\n2 2\n255\n\0\0\0\0",
    "Photoshop": b"8BPS" + bytes(40),
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_no_image_is_skipped_with_a_reason(name: str):
    with pytest.raises(NotAnImage) as caught:
        read_image(NO_IMAGES[name])
    assert "Give" in str(caught.value) or "give" in str(caught.value)


@pytest.mark.parametrize("name", OTHER_IMAGES)
def test_an_image_of_another_format_is_an_error_that_names_it(name: str):
    with pytest.raises(UnreadableImage, match=name) as caught:
        read_image(OTHER_IMAGES[name])
    assert not isinstance(caught.value, NotAnImage)
    assert "Export it as" in str(caught.value)


def test_the_content_decides_and_not_the_name(tmp_path: Path, photo, dicom_file):
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for name, data, kind in (
        ("image.png", dicom_file(pixels), "dicom"),
        ("image.dcm", photo(pixels), "png"),
        ("film", photo(pixels, "TIFF"), "tiff"),
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


def test_a_missing_file_a_folder_and_a_strange_path_are_readable_errors(tmp_path: Path):
    for path, text in ((tmp_path / "no", "no such file"), (tmp_path, "folder"), ("a\0b", "opened")):
        with pytest.raises(UnreadableImage, match=text):
            read_image(path)
        with pytest.raises(UnreadableImage, match=text):
            file_sha256(path)


def test_a_file_over_the_limit_is_not_opened_further(photo):
    data = photo(np.zeros((8, 8), np.uint8))
    with pytest.raises(UnreadableImage, match="MB"):
        read_image(data, limits=Limits(file_bytes=10))


def test_what_memory_cannot_hold_is_a_readable_error(photo, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    data = photo(np.zeros((8, 8), np.uint8), "BMP")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", full)
    with pytest.raises(UnreadableImage, match="memory"):
        read_image(data)
