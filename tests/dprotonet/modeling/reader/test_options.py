import pytest

from dprotonet.modeling.reader.options import MOST_WEIGHTS, ReaderOptions, Stage, fitting_width

STAGES = (Stage("backbone.features.3", 24), Stage("backbone", 1280))
GIVEN = {"stages": STAGES, "cells": 28, "width": 64, "depth": 128, "classes": 4}


def test_options_go_to_json_and_back():
    options = ReaderOptions(**GIVEN)
    assert ReaderOptions.from_json(options.to_json()) == options


@pytest.mark.parametrize(
    "wrong",
    [
        {"stages": ()},
        {"cells": 0},
        {"cells": 100_000},
        {"width": 1.5},
        {"classes": True},
        {"depth": -1},
        {"prototypes": 3},  # beside queries that are made of prototypes
    ],
)
def test_options_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="mask reader"):
        ReaderOptions(**{**GIVEN, **wrong})


@pytest.mark.parametrize("spoil", [{"stages": [{"name": "a"}]}, {"extra": 1}])
def test_json_that_is_none_of_ours_is_refused(spoil):
    with pytest.raises(ValueError, match="mask reader"):
        ReaderOptions.from_json({**ReaderOptions(**GIVEN).to_json(), **spoil})


def test_a_stage_needs_a_name_and_channels():
    for wrong in (("", 3), ("a", 0), ("a", 2.0), (3, 3)):
        with pytest.raises(ValueError, match="stage"):
            Stage(*wrong)


@pytest.mark.parametrize("channels", [(24, 32, 96, 1280), (256, 512, 1024, 2048), (4,)])
def test_the_width_keeps_a_reader_small(channels):
    stages = tuple(Stage(f"s{c}", c) for c in channels)
    width = fitting_width(stages, 128)
    weights = sum(width * (c + width + 12) for c in channels) + 2 * 128 * width
    assert weights <= MOST_WEIGHTS
    assert 8 <= width <= 64
