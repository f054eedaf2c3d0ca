import numpy as np
import pytest
import torch

from dprotonet.explain.nodes import ClassNode, PrototypeNode
from training.evaluation.heatmap_method import HeatmapMethod

NODES = [ClassNode(0), PrototypeNode(1)]


@pytest.fixture(scope="module")
def image(predictor, samples):
    x, placement = predictor.bundle.preprocessing(samples[0].load())
    return x, placement.valid_mask()


def test_every_node_has_its_heatmap_by_the_named_method(predictor, image):
    explanations = HeatmapMethod("gradcam", "draft").explain(predictor, *image, NODES)
    assert [explanation.heatmap.shape for explanation in explanations] == [(64, 64)] * 2
    centre = HeatmapMethod("centre", "draft").explain(predictor, *image, NODES)
    assert not np.array_equal(explanations[0].heatmap, centre[0].heatmap)


def test_the_seed_chooses_the_masks(predictor, image):
    def heatmap(seed):
        method = HeatmapMethod("rise", "draft", seed=seed)
        return method.explain(predictor, *image, NODES)[0].heatmap

    first = heatmap(1)
    assert np.array_equal(first, heatmap(1))
    assert not np.array_equal(first, heatmap(2))


def test_a_class_is_read_on_the_scale_that_is_asked_for(predictor, image):
    def value(scale):
        method = HeatmapMethod("gradcam", "draft", class_scale=scale)
        return method.explain(predictor, *image, NODES)[0].value_before

    assert value("probability") == pytest.approx(torch.tensor(value("log_odds")).sigmoid().item())


def test_another_network_is_explained_where_one_is_given(predictor, image):
    class Halved(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = predictor.model

        def forward(self, x):
            return self.model(x).logits / 2

    method = HeatmapMethod("centre", "draft", class_scale="logit")
    own = method.explain(predictor, *image, NODES[:1])[0].value_before
    other = method.explain(predictor, *image, NODES[:1], model=Halved())[0].value_before
    assert other == pytest.approx(own / 2, rel=1e-4)
