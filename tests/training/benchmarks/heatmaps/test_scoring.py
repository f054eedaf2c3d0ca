"""A network whose values can be worked out by hand: the log-odds are the sum of the first row."""

import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.explain.nodes import ClassNode
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.freezing.frozen import freeze
from training.benchmarks.heatmaps.scoring import MaskedImage, Scorer, area_under, curve_masks

SIDE, NODE = 4, ClassNode(0)
FALLING = (torch.arange(16).flip(0) / 15).reshape(SIDE, SIDE)  # row by row, from 1 to 0
WHOLE = torch.ones(SIDE, SIDE, dtype=torch.bool)


class FirstRow(torch.nn.Module):
    def forward(self, images):
        odds = images[:, 0, 0].sum(dim=1)
        return torch.stack([odds, torch.zeros_like(odds)], dim=1)


def curves_of(heatmap, *, steps=4, valid_mask=WHOLE):
    scorer = Scorer(FirstRow(), steps=steps, batch=3)
    image = MaskedImage.with_fills(torch.ones(3, SIDE, SIDE), valid_mask, ["zero"])
    return scorer.curves(image, NODE, heatmap, scorer.end_values(image, NODE))["zero"]


def test_the_curves_of_a_known_map_are_those_worked_out_by_hand():
    curves = curves_of(FALLING)["log_odds"]
    assert curves.insertion == (0.0, 4.0, 4.0, 4.0, 4.0)
    assert curves.deletion == (4.0, 0.0, 0.0, 0.0, 0.0)
    assert (curves.insertion_area, curves.deletion_area) == (3.5, 0.5)
    assert (curves.kept, curves.hidden) == (4.0, 0.0)  # a fifth of 16 pixels are the first 4
    assert curves.masked == pytest.approx(float(FALLING[0].sum()))


def test_the_same_passes_give_the_probability():
    curves = curves_of(FALLING)
    odds = torch.tensor(curves["log_odds"].insertion)
    assert curves["probability"].insertion == pytest.approx(odds.sigmoid().tolist())


def test_a_better_map_gets_the_better_score():
    def score(heatmap):
        curves = curves_of(heatmap)["probability"]
        return curves.insertion_area - curves.deletion_area

    half = FALLING.clone()
    half[0, :2] = 0.0  # two of the four pixels that matter are found last
    assert score(FALLING) > score(half) > score(FALLING.flip(0))
    assert score(FALLING) == pytest.approx(-score(1 - FALLING), abs=0.05)


def test_fractions_are_those_of_the_image_and_its_padding_is_never_shown_first():
    valid_mask = WHOLE.clone()
    valid_mask[:, 2:] = False  # half of the grid
    masks = curve_masks(FALLING, valid_mask, steps=2)
    assert masks.shape == (5, SIDE, SIDE)
    assert masks[0].sum() == 4 and masks[0][~valid_mask].sum() == 0


def test_hidden_pixels_are_filled_in_from_those_that_each_mask_shows():
    slope = torch.arange(4.0).expand(3, SIDE, SIDE)
    image = MaskedImage.with_fills(slope, WHOLE, ["inpaint"])
    masks = torch.zeros(3, SIDE, SIDE)
    masks[0, :, 0] = masks[1, :, 3] = 1
    left, right, none = image.under("inpaint", masks)
    assert torch.equal(left, torch.zeros_like(left)) and torch.equal(right, 3 + 0 * right)
    assert torch.equal(none, 1.5 + 0 * none)  # the mean colour, as when the fill is alone


def test_the_fill_other_is_the_image_that_is_given():
    one, other = torch.ones(3, SIDE, SIDE), torch.full((3, SIDE, SIDE), 5.0)
    image = MaskedImage.with_fills(one, WHOLE, ["other"], other=other)
    assert torch.equal(image.under("other", torch.zeros(1, SIDE, SIDE))[0], other)
    with pytest.raises(ValueError, match="needs another image"):
        MaskedImage.with_fills(one, WHOLE, ["other"])


def test_an_area_is_that_of_trapezoids():
    assert area_under((0.0, 1.0, 0.0)) == 0.5
    assert area_under((2.0, 2.0)) == 2.0


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_a_scorer_and_the_methods_share_one_frozen_network_and_neither_drops_the_others(
    folder, precision
):
    predictor = Predictor(Bundle.load(folder))
    size = predictor.bundle.options.image_size
    example = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    of_methods = freeze(predictor.model, example, precision)
    scorer = Scorer.of_predictor(predictor, steps=4)
    assert freeze(predictor.model, example, precision) is of_methods
    assert scorer.network is freeze(predictor.model, example, "float32").exact
    assert {p.dtype for p in scorer.network.parameters()} == {torch.float32}
    assert of_methods.folded is predictor.network
