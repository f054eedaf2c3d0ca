"""What a card says of maps on images with known evidence."""

import json

import pytest

from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.reader.map_figures import MapFigures, figures_of, map_figures

FIGURES = MapFigures("finding", 100, 0.92, 0.9, 0.6)


def card(**changes):
    return {"maps": {"drawn_by": {"mask reader": FIGURES.to_json() | changes}}}


def test_figures_come_back_from_a_card_and_are_a_sentence():
    written = ModelCard("One", evaluation=card())
    read = ModelCard.from_json(json.loads(json.dumps(written.to_json())))
    assert read == written and read.map_figures == {"mask reader": FIGURES}
    assert FIGURES.sentence == (
        "In 92 of 100 validation images with a known finding the marked tenth held it."
    )


def test_a_card_without_them_has_none_and_is_written_as_before():
    assert map_figures({}) == ModelCard("One").map_figures == {}
    assert "evaluation" not in ModelCard("One").to_json()


def test_what_is_left_out_is_of_validation_images_and_of_every_tier():
    short = FIGURES.to_json()
    del short["split"], short["tier"]
    assert MapFigures.from_json(short) == FIGURES


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"hit_10": 1.2}, "hit_10 .* fraction from 0 to 1"),
        ({"hit_10": None}, "hit_10 .* fraction from 0 to 1"),
        ({"peak_near": float("nan")}, "peak_near .* fraction"),
        ({"peak_inside": True}, "peak_inside .* fraction"),
        ({"images": 0}, "whole number of 1 or more"),
        ({"images": 4.5}, "whole number of 1 or more"),
        ({"kind": ""}, "name the kind"),
        ({"split": 3}, "split .* must be text"),
        ({"seed": 3}, "Figures of a card's maps are hit_10, images, kind"),
    ],
)
def test_figures_that_cannot_be_are_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        ModelCard("One", evaluation=card(**changes))


@pytest.mark.parametrize("maps", [3, {"drawn_by": [1]}, {"drawn_by": {"search": "good"}}])
def test_something_else_in_their_place_is_refused(maps):
    with pytest.raises(ValueError, match=r"A card's maps|Figures of a card's maps"):
        map_figures({"maps": maps})


def test_figures_are_of_maps_that_are_drawn_in_the_same_way_by_the_same_tier():
    of_search = MapFigures("finding", 100, 0.5, 0.5, 0.5, tier="standard")
    figures = {"mask reader": FIGURES, "search": of_search}
    assert figures_of(figures, drawn_by="mask reader", tier="instant") == FIGURES
    assert figures_of(figures, drawn_by="search", tier="standard") == of_search
    assert figures_of(figures, drawn_by="search", tier="draft") is None
    assert figures_of(figures, drawn_by="mask reader, refined", tier="standard") is None
