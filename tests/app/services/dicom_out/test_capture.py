"""The picture: image, heatmap, and the words below."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.domain.text import RESEARCH_ONLY
from app.services.dicom_out.capture import capture, picture
from app.services.report import pictures
from tests.app.services.dicom_out.reads import changed, image_file, read_of


@pytest.mark.parametrize("kind", ["dx", "cr", "colour", "frames"])
def test_the_image_is_whole_and_the_heatmap_lies_where_it_should(kind: str) -> None:
    read = read_of(kind)
    assert read.heatmap is not None
    found = capture(read, read.heatmap).pixel_array
    shown = pictures.shown(read.image)
    times = found.shape[1] // shown.shape[1]
    rows, columns = shown.shape[:2]
    image = found[: rows * times : times, : columns * times : times].astype(int)
    grey = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=2)
    far = np.zeros((rows, columns), bool)
    far[-rows // 4 :] = True
    assert np.array_equal(image[far], grey.astype(int)[far])
    marked = np.abs(image - grey).sum(axis=2)[rows // 3 + 3 : rows // 2 - 3, columns // 4 + 3 :]
    assert marked[:, : columns // 4 - 6].min() > 0


def test_the_words_stand_below_the_image_and_hide_nothing_of_it() -> None:
    read = read_of()
    assert read.heatmap is not None
    with_words = picture(read, read.heatmap, (RESEARCH_ONLY, "Heatmap: Class pneumonia."))
    without = picture(read, read.heatmap, ("", ""))
    rows = pictures.shown(read.image).shape[0] * (with_words.shape[1] // read.image.shape[1])
    assert np.array_equal(with_words[:rows], without[:rows])
    warned = (with_words[rows:] == (255, 190, 80)).all(axis=2)
    assert warned.any() and not (without[rows:] == (255, 190, 80)).all(axis=2).any()


def test_long_words_take_more_lines_and_stay_inside() -> None:
    read = read_of()
    assert read.heatmap is not None
    short = picture(read, read.heatmap, ("a",))
    long = picture(read, read.heatmap, ("a model with a long name " * 10,))
    assert long.shape[0] > short.shape[0] and long.shape[1] == short.shape[1]
    assert long[-long.shape[0] // 8 :, -3:].max() == 0


def test_the_colours_from_0_to_1_are_those_of_the_heatmap() -> None:
    read = read_of()
    assert read.heatmap is not None
    made = picture(read, read.heatmap, ("",))
    normal = picture(read, replace(read.heatmap, colours="viridis"), ("",))
    assert not np.array_equal(made, normal)
    foot = -made.shape[0] // 6
    for drawn, colours in ((made, "inferno"), (normal, "viridis")):
        highest = pictures.colour_bar(colours)[0, 0].astype(int)
        away = np.abs(drawn[foot:].astype(int) - highest).sum(axis=2)
        assert away.min() <= 12, "the bar ends in the colour of 1"


def test_it_lies_as_the_image_lies_and_hands_on_whether_text_is_burned_in() -> None:
    read = read_of()
    assert read.heatmap is not None
    made = capture(read, read.heatmap)
    assert list(made.PatientOrientation) == ["L", "F"] and made.BurnedInAnnotation == "NO"
    bare = {"PatientOrientation": None, "BurnedInAnnotation": None}
    unsaid = capture(read_of(data=changed(image_file("dx"), **bare)), read.heatmap)
    assert not unsaid.PatientOrientation and "BurnedInAnnotation" not in unsaid
    slice_ = read_of("ct")
    assert slice_.heatmap is not None
    assert list(capture(slice_, slice_.heatmap).PatientOrientation) == ["L", "P"]
