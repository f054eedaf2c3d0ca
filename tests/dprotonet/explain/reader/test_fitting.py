import copy

import pytest
import torch
from torch import nn

from dprotonet.errors import Cancelled, Unexplainable
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.reader.fitting import fit_reader
from dprotonet.explain.reader.images import of_tensor
from dprotonet.explain.settings import TIERS
from tests.dprotonet.explain.reader.planted import (
    QUICK,
    TextureClassifier,
    peaks_inside,
    planted,
)

TEXTURE = ClassNode(1)


def heatmaps(model, reader, images):
    return MDM(model, TIERS["instant"], reader=reader).attribute(images, TEXTURE)


def test_a_reader_finds_the_planted_patch_on_images_it_never_saw(squares):
    model, trained = squares
    images, places = planted(12, seed=2)
    assert peaks_inside(heatmaps(model, trained.reader, images), places, "squares") >= 11


def test_a_reader_of_another_network_misses_what_this_one_rests_on(squares):
    _, trained = squares
    images, places = planted(12, seed=2)
    other = heatmaps(TextureClassifier("rows"), trained.reader, images)
    assert peaks_inside(other, places, "rows") <= 1


def test_training_widens_the_held_out_gap_and_keeps_the_best(squares):
    _, trained = squares
    step, gap = trained.best
    assert step > 0 and gap == max(gap for _, gap in trained.history)
    assert gap > trained.history[0][1] + 1
    assert not trained.reader.training
    assert not any(weight.requires_grad for weight in trained.reader.parameters())
    assert (trained.images, trained.validation_images) == (34, 4)


def test_the_same_seed_gives_the_same_reader_and_the_network_is_left_as_it_is():
    from dataclasses import replace

    model, images = TextureClassifier("squares").train(), planted(8, seed=3, most=0.5)[0]
    state, settings = copy.deepcopy(model.state_dict()), replace(QUICK, steps=2, validate_every=1)
    readers = [
        fit_reader(model, of_tensor(images), settings, seed=seed).reader.state_dict()
        for seed in (5, 5, 6)
    ]
    assert all(torch.equal(readers[0][key], readers[1][key]) for key in readers[0])
    assert any(not torch.equal(readers[0][key], readers[2][key]) for key in readers[0])
    assert model.training and all(p.grad is None for p in model.parameters())
    assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())


def test_progress_rises_to_one_and_a_cancelled_training_stops_at_once():
    from dataclasses import replace

    images, settings = of_tensor(planted(8, seed=3, most=0.5)[0]), replace(QUICK, steps=3)
    fractions: list[float] = []
    fit_reader(TextureClassifier("squares"), images, settings, progress=fractions.append)
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(fractions) >= 3
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        fit_reader(TextureClassifier("squares"), images, settings, cancelled=cancelled)
    assert len(asked) == 3


def test_training_stops_where_nothing_is_gained():
    from dataclasses import replace

    settings = replace(QUICK, steps=40, validate_every=1, patience=2, rate=1e-9)
    trained = fit_reader(
        TextureClassifier("squares"), of_tensor(planted(8, seed=3, most=0.5)[0]), settings
    )
    assert trained.history[-1][0] < 40


def test_a_network_without_a_gradient_is_refused():
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = TextureClassifier("squares")

        def forward(self, x):
            return self.inner(x.detach())

    with pytest.raises(Unexplainable, match="No gradient"):
        fit_reader(Cut(), of_tensor(planted(8, seed=3, most=0.5)[0]), QUICK)
