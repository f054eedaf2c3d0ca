import io
import zipfile

import pytest

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.reader import read_image


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
