"""Pictures that are no DICOM files: the picture and its orientation stay, all words go."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dprotonet.images.reader import look, read_image
from tests.dprotonet.images.deidentify.files import done

WORD = "Zebrowski"


def picture() -> Image.Image:
    """18 columns and 16 rows of noise."""
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (16, 18)).astype(np.uint8))


def exif(orientation: int) -> Image.Exif:
    """With a name and an orientation."""
    made = Image.Exif()
    made[0x010E], made[0x0112] = WORD, orientation
    return made


def saved(kind: str, **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image = picture().convert("RGB") if kind == "WEBP" else picture()
    image.save(out, kind, **options)
    return out.getvalue()


def with_text() -> PngInfo:
    """Two kinds of text of a PNG."""
    info = PngInfo()
    info.add_text("Author", WORD)
    info.add_itxt("Title", WORD)
    return info


FILES = {
    "png": lambda turn: saved("PNG", pnginfo=with_text(), exif=exif(turn)),
    "jpeg": lambda turn: saved("JPEG", comment=WORD.encode(), exif=exif(turn)) + WORD.encode(),
    "webp": lambda turn: saved("WEBP", lossless=True, exif=exif(turn), xmp=WORD.encode()),
    "tiff": lambda turn: saved("TIFF", description=WORD, tiffinfo={274: turn, 315: WORD}),
}


@pytest.mark.parametrize("turn", [1, 6])
@pytest.mark.parametrize("kind", FILES)
def test_words_go_and_the_picture_stays_as_it_was_turned(kind: str, turn: int) -> None:
    data = FILES[kind](turn)
    assert WORD.encode() in data
    new = done(data)
    assert WORD.encode() not in new.data and new.ending == {"jpeg": ".jpg", "tiff": ".tif"}.get(
        kind, f".{kind}"
    )
    assert look(new.data)[0].format == kind
    assert np.array_equal(read_image(data).pixels, read_image(new.data).pixels)
    assert read_image(data).shape == ((18, 16) if turn == 6 else (16, 18))


def test_a_bmp_becomes_a_png_without_what_lay_behind_it() -> None:
    data = saved("BMP") + WORD.encode()
    new = done(data)
    assert new.ending == ".png" and WORD.encode() not in new.data
    assert np.array_equal(read_image(data).pixels, read_image(new.data).pixels)


def test_a_tiff_of_several_pages_keeps_all_and_loses_what_no_page_needs() -> None:
    pages = [Image.fromarray(np.full((8, 9), n * 80, np.uint8)) for n in range(3)]
    out = io.BytesIO()
    pages[0].save(
        out, "TIFF", save_all=True, append_images=pages[1:], description=WORD, software=WORD
    )
    data = out.getvalue() + WORD.encode()
    new = done(data)
    assert WORD.encode() not in new.data
    for frame in range(3):
        before, after = (read_image(file, frame=frame) for file in (data, new.data))
        assert np.array_equal(before.pixels, after.pixels)


def test_gamma_and_transparency_of_a_png_stay() -> None:
    info = PngInfo()
    info.add(b"gAMA", struct.pack(">I", 100_000))
    data = saved("PNG", pnginfo=info, transparency=7)
    assert np.array_equal(read_image(data).unit(), read_image(done(data).data).unit())
