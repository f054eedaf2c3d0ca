import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import network_input, tiny_images
from training.benchmarks.heatmaps.hardware import multiply_accumulates
from training.benchmarks.heatmaps.isolated_cost import IsolatedMethod, measure
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
