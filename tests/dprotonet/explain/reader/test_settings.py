import pytest

from dprotonet.explain.reader.settings import ReaderSettings
from dprotonet.explain.settings import FILLS, HELD_OUT


def test_no_reader_is_trained_with_the_fill_that_stops_it():
    assert HELD_OUT not in ReaderSettings().fills
    assert HELD_OUT not in FILLS


@pytest.mark.parametrize(
    "wrong",
    [
        {"areas": (0.5, 0.1)},
        {"areas": (0.0, 0.1)},
        {"validation_areas": ()},
        {"validation_areas": (1.0,)},
        {"steps": 0},
        {"batch": 0},
        {"patience": 0},
        {"cells": 2},
        {"fills": ()},
        {"fills": ("fog",)},
        {"precision": "float8"},
        {"noise": -0.1},
        {"rate": 0.0},
        {"leading": 1.5},
        {"jpeg": 1.5},
        {"steady": -1.0},
        {"averaging": 1.0},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError):
        ReaderSettings(**wrong)
