import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.read_bundle import make_read_bundle
from tests.dprotonet.tiny_bundle import network_input, tiny_images
from training.benchmarks.heatmaps.hardware import multiply_accumulates
from training.benchmarks.heatmaps.isolated_cost import (
    IsolatedMethod,
    as_image,
    measure,
    measure_all_nodes,
)
from training.benchmarks.heatmaps.methods import parse_methods


def test_one_method_is_measured_with_its_passes_and_its_prototypes_together(folder):
    predictor = Predictor(Bundle.load(folder))
    images = network_input(tiny_images(2, per_class=2))
    valid_masks = torch.ones(len(images), *images.shape[-2:], dtype=torch.bool)
    isolated = IsolatedMethod(predictor, parse_methods(["gradcam"])[0], seed=0)
    result = measure(isolated, images[:3], valid_masks[:3])
    assert len(result["seconds_each"]) == 2 and result["seconds"] > 0
    assert (result["forward"], result["backward"], result["prototypes_together"]) == (3, 1, 4)
    assert 0 < result["share_of_best_rate"] < 1
    network = predictor.model
    assert result["gmac_a_pass"] == pytest.approx(
        multiply_accumulates(network, images[:1]) / 1e9, abs=1e-4
    )


def test_the_maps_of_all_nodes_are_timed_beside_the_bare_prediction(tmp_path):
    predictor = Predictor(make_read_bundle(tmp_path / "read", pictures=False), gate=False)
    result = measure_all_nodes(predictor, network_input(tiny_images(2, per_class=1)))
    assert result["nodes"] == 2 + 4
    assert result["of_predict_rate"] == pytest.approx(
        result["predict_seconds"] / result["with_maps_seconds"], rel=0.1
    )


def test_an_image_comes_back_grey_or_in_colour():
    grey = torch.arange(16.0).div(15).reshape(1, 4, 4).expand(3, -1, -1)
    colour = torch.stack([grey[0], 1 - grey[1], grey[2]])
    for unit, is_colour in ((grey, False), (colour, True)):
        image = as_image(unit)
        shown = torch.from_numpy(image.unit())
        assert image.is_colour == is_colour
        assert (shown - (unit.permute(1, 2, 0) if is_colour else unit[0])).abs().max() < 0.005
