import json

import numpy as np
import pytest

from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.scope import Scope, is_coloured
from dprotonet.images.types import DicomFacts, GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window

CHEST = Scope(("CR", "DX"), ("CHEST", "THORAX"), ("PA", "AP"), colour=False)


def grey(**header: str) -> GrayOrColourImage:
    facts = ImageFacts("dicom", 4, 4, 1, False, 8, dicom=DicomFacts(**header))
    return GrayOrColourImage(np.zeros((4, 4), np.uint8), (Window(128, 256),), False, None, facts)


def rgb(pixels: np.ndarray) -> GrayOrColourImage:
    facts = ImageFacts("png", *pixels.shape[:2], 1, True, 8)
    return GrayOrColourImage(pixels, (), False, None, facts)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"modality": "DX", "body_part": "CHEST", "view_position": "PA"},
        {"modality": "cr", "body_part": "Chest^Portable", "view_position": "AP SUPINE"},
        {"modality": "OT", "body_part": "UNKNOWN", "view_position": ""},
    ],
)
def test_what_fits_or_is_not_said_is_no_objection(header):
    assert CHEST.objections(grey(**header)) == ()


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"modality": "US"}, "modality US; this model takes CR, DX"),
        ({"body_part": "hand"}, "body part HAND; this model takes CHEST, THORAX"),
        ({"view_position": "LL"}, "view LL; this model takes PA, AP"),
    ],
)
def test_another_modality_part_or_view_is_an_objection_in_words(header, reason):
    assert CHEST.objections(grey(**header)) == (reason,)


def test_every_objection_is_named():
    assert len(CHEST.objections(grey(modality="MR", body_part="KNEE", view_position="LL"))) == 3


def test_a_colour_image_is_no_grey_one_and_the_other_way_round():
    chance = np.random.default_rng(0)
    photograph = rgb(chance.integers(0, 256, (64, 64, 3)).astype(np.uint8))

    assert CHEST.objections(photograph) == ("a colour image; this model takes grey images",)
    assert Scope(colour=True).objections(photograph) == ()
    assert Scope(colour=True).objections(grey()) == (
        "a grey image; this model takes colour images",
    )
    assert Scope().objections(photograph) == Scope().objections(grey()) == ()


def test_a_grey_image_stored_as_rgb_shows_no_colour_nor_does_a_small_marker_on_it():
    film = np.repeat(np.random.default_rng(0).integers(0, 256, (64, 64, 1)), 3, axis=2)
    film = film.astype(np.uint8)
    assert not is_coloured(rgb(film))
    film[:6, :6] = (255, 0, 0)
    assert not is_coloured(rgb(film))
    film[:20, :20] = (255, 0, 0)
    assert is_coloured(rgb(film))


def test_a_value_of_a_header_cannot_break_the_line():
    (reason,) = CHEST.objections(grey(body_part="knee\n" + "x" * 400))
    assert "\n" not in reason
    assert len(reason) < 80


def test_a_scope_comes_back_from_its_card_and_a_card_without_one_stays_as_it_was():
    card = ModelCard("Chest", scope=CHEST)
    assert ModelCard.from_json(json.loads(json.dumps(card.to_json()))) == card
    assert "scope" not in ModelCard("Chest").to_json()


@pytest.mark.parametrize(
    "values", [{"modality": ["CR"]}, {"modalities": "CR"}, {"views": ["P A"]}, {"colour": "no"}]
)
def test_a_scope_that_cannot_be_checked_is_refused(values):
    with pytest.raises(ValueError, match="scope"):
        Scope.from_json(values)
