import dataclasses

import pytest

from training.datasets.phantom.parameters import Shortcut, draw_facts


@pytest.mark.parametrize(
    "wrong",
    [
        {"finding": "fracture"},
        {"view": "LL"},
        {"devices": ("ring",)},
        {"shape": (20, 20)},
    ],
)
def test_what_does_not_exist_is_refused(wrong):
    with pytest.raises(ValueError):
        draw_facts(1, **wrong)


def test_what_is_given_is_not_drawn_and_the_rest_stays_as_it_would_be():
    drawn = draw_facts(5)
    view = "AP" if drawn.view == "PA" else "PA"
    given = draw_facts(5, view=view, devices=())
    assert (given.view, given.devices) == (view, ())
    assert given.marker_side == drawn.marker_side and given.habitus == drawn.habitus
    same = dataclasses.replace(draw_facts(5, "nodule"), finding="none")
    assert same == drawn


@pytest.mark.parametrize(
    "wrong", [{"finding": "fracture"}, {"probability": 1.2}, {"elsewhere": -0.1}]
)
def test_a_shortcut_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        Shortcut(**wrong)
