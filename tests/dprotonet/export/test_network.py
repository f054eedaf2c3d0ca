import pytest
import torch

from dprotonet.export.network import portable_network
from dprotonet.export.parity import expected_outputs
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.gated_bundle import make_gated_bundle
from tests.dprotonet.imported_bundle import make_imported_bundle
from tests.dprotonet.tiny_bundle import make_tiny_bundle, network_input, tiny_images

X = network_input(tiny_images(2, 2))


def outputs(bundle):
    network = portable_network(Predictor(bundle))
    with torch.inference_mode():
        return dict(zip(network.names, network(X), strict=True))


def test_logits_probabilities_and_similarities_are_the_predictors(tmp_path):
    bundle = make_tiny_bundle(tmp_path / "b", temperature=1.7)
    found = outputs(bundle)
    assert list(found) == ["logits", "probabilities", "similarities"]
    for number, x in enumerate(X):
        for name, expected in expected_outputs(Predictor(bundle), x).items():
            torch.testing.assert_close(
                found[name][number : number + 1].double(), expected.double(), atol=1e-4, rtol=1e-4
            )


def test_the_gates_distance_goes_with_them(tmp_path):
    bundle = make_gated_bundle(tmp_path / "b")
    found = outputs(bundle)["support_distance"]
    distances = [Predictor(bundle, gate=False).pass_of(x).support.distance for x in X]
    assert found.tolist() == pytest.approx(distances, rel=1e-4)


def test_a_classifier_has_no_similarities(tmp_path):
    assert list(outputs(make_imported_bundle(tmp_path))) == ["logits", "probabilities"]
