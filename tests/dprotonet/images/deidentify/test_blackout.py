"""Rectangles that are black whatever the kind of file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from dprotonet.errors import UnreadableImage
from dprotonet.images.deidentify.blackout import blacked_out
from dprotonet.images.deidentify.instructions import TextFound
from dprotonet.images.limits import Limits
from dprotonet.images.reader import read_image
from tests.dprotonet.images.deidentify.files import make_dicom

BOX = TextFound(2, 3, 6, 9)


def test_white_is_low_in_monochrome1_and_black_is_its_highest_value() -> None:
    def change(data: Dataset) -> None:
        data.PhotometricInterpretation = "MONOCHROME1"

    changed, _ = blacked_out(make_dicom(change), [BOX], Limits())
    assert (read_image(changed).unit()[2:6, 3:9] == 0).all()
    assert read_image(changed).unit()[7:].max() > 0


def test_a_photograph_is_blacked_out_the_right_way_up() -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20), (200, 90, 40)).save(out, "JPEG", exif=exif)
    changed, ending = blacked_out(out.getvalue(), [BOX], Limits())
    after = read_image(changed).pixels
    assert ending == ".png" and after.shape == (30, 20, 3)
    assert (after[2:6, 3:9] == 0).all() and (after[:, 10:] > 0).all()


def test_sixteen_bits_stay_sixteen_bits() -> None:
    out = io.BytesIO()
    values = (np.arange(400).reshape(20, 20) * 150).astype(np.uint16)
    Image.fromarray(values).save(out, "PNG")
    after = read_image(blacked_out(out.getvalue(), [BOX], Limits())[0]).pixels
    assert np.array_equal(after[6:], values[6:]) and (after[2:6, 3:9] == 0).all()


def test_pages_and_palettes_are_refused_with_what_to_do() -> None:
    out = io.BytesIO()
    page = Image.new("L", (20, 20), 9)
    page.save(out, "TIFF", save_all=True, append_images=[page])
    with pytest.raises(UnreadableImage, match="each page"):
        blacked_out(out.getvalue(), [BOX], Limits())
