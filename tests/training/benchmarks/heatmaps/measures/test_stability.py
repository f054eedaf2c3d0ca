import numpy as np
import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.preprocessing import Preprocessing
from training.benchmarks.heatmaps.measures.stability import (
    SIGMA,
    agreement,
    changed_images,
    moved_back,
    stability_figures,
)
from training.benchmarks.heatmaps.methods import parse_methods
from training.benchmarks.heatmaps.sample import open_sample

SIDE = 40
WHOLE = np.ones((SIDE, SIDE), dtype=bool)
PREPROCESSING = Preprocessing(SIDE)


def noise(seed, *shape):
    return np.random.default_rng(seed).random(shape or (SIDE, SIDE)).astype(np.float32)


def padded():
    valid_mask = torch.ones(SIDE, SIDE, dtype=torch.bool)
    valid_mask[:, :5] = valid_mask[:, -5:] = False
    return valid_mask


def changed(unit, valid_mask):
    x = PREPROCESSING.normalise(unit)
    images = changed_images(x, valid_mask, PREPROCESSING)
    assert all(torch.equal(y[:, ~valid_mask], x[:, ~valid_mask]) for y in images.values())
    return {name: PREPROCESSING.denormalise(y) for name, y in images.items()}


def test_the_noise_has_its_size_and_leaves_grey_grey_and_colour_coloured():
    for colours in (1, 3):
        unit = torch.from_numpy(noise(0, colours, SIDE, SIDE) / 2 + 0.25).expand(3, -1, -1)
        change = (changed(unit, padded())["noise"] - unit)[:, padded()]
        assert change.std() == pytest.approx(SIGMA, rel=0.05)
        assert torch.allclose(change[0], change[2], atol=1e-5) == (colours == 1)


def test_black_and_white_are_not_passed():
    unit = torch.zeros(3, SIDE, SIDE)
    unit[:, 20:] = 1
    values = changed(unit, padded())["noise"]
    assert values.min() > -1e-6 and values.max() < 1 + 1e-6


def test_a_jpeg_file_changes_an_image_a_little():
    unit = torch.from_numpy(noise(0, 1, SIDE, SIDE)).expand(3, -1, -1)
    change = (changed(unit, padded())["jpeg"] - unit)[:, padded()].abs()
    assert 0.01 < change.mean() < 0.2


def test_the_shifted_image_moved_back_is_the_image():
    unit = torch.from_numpy(noise(0, 1, SIDE, SIDE)).expand(3, -1, -1)
    valid_mask = padded()
    shifted = changed(unit, valid_mask)["shift"][0].numpy()
    back, kept = moved_back(shifted), valid_mask.numpy() & moved_back(valid_mask.numpy())
    assert np.allclose(back[kept], unit[0].numpy()[kept], atol=1e-6)
    assert kept.sum() == (SIDE - 1) * (SIDE - 11)


def test_maps_that_have_nothing_in_common_agree_as_chance_has_it():
    result = agreement(noise(0), noise(1), WHOLE)
    assert abs(result["rank"]) < 0.1 and result["overlap"] == pytest.approx(0.1 / 1.9, abs=0.05)
    assert agreement(noise(0), noise(0) * 2, WHOLE) == {"rank": pytest.approx(1), "overlap": 1}


def test_a_flat_map_is_not_called_stable():
    flat = np.zeros((SIDE, SIDE), np.float32)
    assert agreement(flat, flat, WHOLE) == {"rank": None, "overlap": None}
    result = agreement(noise(0), flat, WHOLE)
    assert result["rank"] == 0 and result["overlap"] < 0.1


@pytest.fixture(scope="module")
def predictor(folder):
    return Predictor(Bundle.load(folder), gate=False)


def test_a_method_that_sees_no_image_is_moved_by_the_draw_alone(predictor, samples):
    opened = open_sample(predictor, samples[1], ("class",))
    for name in ("random", "centre"):
        (method,) = parse_methods([name])
        own = method.explain(
            predictor, opened.x, opened.valid_mask, [*opened.nodes.values()], seed=3
        )[0].heatmap
        result = stability_figures(method, predictor, opened, own, seed=3)
        assert [result[change]["rank"] for change in ("noise", "jpeg")] == pytest.approx([1, 1])
        assert result["shift"]["rank"] < 1  # it stays where it is on the grid
        assert ("draw" in result) == (name == "random")


def test_another_draw_of_the_search_gives_another_map(predictor, samples):
    opened = open_sample(predictor, samples[1], ("class",))
    (method,) = parse_methods(["mdm:steps=1,start_masks=4,sizes=7"])
    arguments = (predictor, opened.x, opened.valid_mask, opened.nodes["class"])
    first, again, other = (method.heatmap(*arguments, seed=0, draw=draw) for draw in (0, 0, 1))
    explained = method.explain(*arguments[:3], [arguments[3]], seed=0)[0].heatmap
    assert np.array_equal(first, explained) and np.array_equal(first, again)
    assert not np.array_equal(first, other)
