import torch
from torch import nn

from dprotonet.inference.engines.torch_engine import TorchEngine
from dprotonet.modeling.freezing.frozen import fold
from dprotonet.modeling.gate_stage import gate_stage, stage_features
from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.tiny_bundle import SIZE, network_input, tiny_images, tiny_model

X = network_input(tiny_images(2, 2))


def engine(stage=None):
    options = ModelOptions(classes=("a", "b"), backbone="resnet18", depth=16, image_size=SIZE)
    model = tiny_model(options)
    return model, TorchEngine(fold(model, X[:1]), stage)


def test_a_pass_gives_what_the_network_gives():
    model, by_torch = engine()
    with torch.inference_mode():
        result, expected = by_torch.run(X), model(X)
    for name in ("logits", "similarities", "masks"):
        torch.testing.assert_close(
            getattr(result, name), getattr(expected, name), atol=1e-3, rtol=1e-3
        )
    assert result.features is None and result.watched == {}


def test_the_gates_features_and_what_is_watched_come_from_the_same_pass():
    stage = gate_stage("resnet18")
    model, by_torch = engine(stage)
    with torch.inference_mode():
        result = by_torch.run(X, ["backbone.layer4"])
        expected = stage_features(model.backbone, stage, X)
    torch.testing.assert_close(result.features, expected, atol=1e-2, rtol=1e-3)
    assert list(result.watched) == ["backbone.layer4"]
    assert len(result.watched["backbone.layer4"]) == len(X)


def test_a_classifier_gives_logits_and_no_prototypes():
    plain = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    result = TorchEngine(fold(plain, X[:1]), None).run(X)
    assert result.logits.shape == (4, 5)
    assert result.similarities.shape == (4, 0) and result.masks.shape[:2] == (4, 0)
