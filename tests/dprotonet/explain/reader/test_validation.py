import math
from dataclasses import replace

import torch

from dprotonet.explain.reader.images import ReaderImages
from dprotonet.explain.reader.state import open_training
from dprotonet.explain.reader.validation import held_out_gap
from tests.dprotonet.explain.reader.planted import QUICK, TextureClassifier, planted


def test_a_trained_reader_has_a_wider_gap_than_an_untrained_one(squares):
    model, trained = squares
    pixels, rows = planted(6, seed=5)[0], torch.arange(6)
    training = open_training(model, ReaderImages(lambda r: pixels[r], rows, rows), QUICK, 0)
    before = held_out_gap(training)
    training.reader.load_state_dict(trained.reader.state_dict())
    assert held_out_gap(training) > before + 1


def test_it_is_the_same_twice_and_no_more_images_are_used_than_wanted():
    pixels, rows = planted(6, seed=5)[0], torch.arange(6)
    loaded = []

    def load(wanted):
        loaded.extend(wanted.tolist())
        return pixels[wanted]

    given = ReaderImages(load, rows[:2], rows[2:])
    settings = replace(QUICK, validation_images=2)
    training = open_training(TextureClassifier("squares"), given, settings, 0)
    loaded.clear()
    assert held_out_gap(training) == held_out_gap(training)
    assert set(loaded) == {2, 3}


def test_one_validation_image_is_enough():
    pixels, rows = planted(3, seed=5)[0], torch.arange(3)
    given = ReaderImages(lambda r: pixels[r], rows[:2], rows[2:])
    training = open_training(TextureClassifier("squares"), given, QUICK, 0)
    assert math.isfinite(held_out_gap(training))
