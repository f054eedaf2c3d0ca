import numpy as np
import pytest
from PIL import Image

from dprotonet.errors import ReadableError
from dprotonet.images.types import DicomFacts, GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from training.data.changed_images import GROSS, SLIGHT, changed, images_below

FACTS = ImageFacts("dicom", 40, 60, 1, False, 8, dicom=DicomFacts(modality="DX"))


@pytest.fixture
def film():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60)).astype(np.uint8)
    return GrayOrColourImage(pixels, (Window(128, 256),), False, None, FACTS)


@pytest.mark.parametrize("name", [*SLIGHT, *GROSS])
def test_every_change_changes_the_image_and_keeps_its_header(film, name):
    result = changed(film, {**SLIGHT, **GROSS}[name])

    assert result.facts.dicom == FACTS.dicom
    assert (result.facts.rows, result.facts.columns) == result.shape
    assert not np.array_equal(result.display(), film.display())


def test_gross_changes_are_what_they_are_called(film):
    pixels = film.display()
    assert np.array_equal(changed(film, GROSS["inverted"]).display(), 255 - pixels)
    assert np.array_equal(changed(film, GROSS["upside down"]).display(), pixels[::-1])
    assert np.array_equal(changed(film, GROSS["turned by 90°"]).display(), np.rot90(pixels))
    assert np.ptp(changed(film, GROSS["blank"]).display()) == 0


def test_a_tenth_is_cropped_of_each_side(film):
    assert changed(film, SLIGHT["cropped by 10 %"]).shape == (36, 54)


def test_exposed_differently_every_step_between_black_and_white_moves_one_way(film):
    before = film.display().astype(int)
    brighter, darker = (
        changed(film, SLIGHT[name]).display().astype(int)
        for name in ("brighter (gamma 0.7)", "darker (gamma 1.4)")
    )
    assert (darker <= before).all() and (before <= brighter).all()
    assert np.abs(brighter - before).max() > 10


def test_half_of_an_image_and_two_of_it_have_the_widths_they_should(film):
    assert changed(film, GROSS["its left half"]).shape == (40, 30)
    assert changed(film, GROSS["twice, side by side"]).shape == (40, 120)


def test_colours_are_kept():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    photograph = GrayOrColourImage(pixels, (), False, None, ImageFacts("png", 8, 8, 1, True, 8))
    assert changed(photograph, GROSS["inverted"]).is_colour


def test_a_folder_gives_the_images_that_can_be_read(tmp_path):
    (tmp_path / "inner").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "inner" / "a.png")
    (tmp_path / "notes.txt").write_text("no image")

    assert [image.shape for image in images_below(tmp_path)] == [(4, 4)]
    with pytest.raises(ReadableError, match="no folder"):
        list(images_below(tmp_path / "elsewhere"))
