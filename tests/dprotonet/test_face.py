"""What ``import dprotonet`` offers."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import dprotonet
from dprotonet.errors import WrongRequest
from tests.dprotonet.explain.toys import SIZE, PatchClassifier, toy_image
from tests.dprotonet.tiny_bundle import make_tiny_bundle


def test_importing_the_library_costs_no_torch():
    code = (
        "import sys, dprotonet; dprotonet.METHODS, dprotonet.TIERS, dprotonet.Explanation;"
        "dprotonet.read_image, dprotonet.load; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", dprotonet.__all__)
def test_every_name_is_there(name):
    assert getattr(dprotonet, name) is not None
    assert name in dir(dprotonet)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="GradCam"):
        dprotonet.GradCam  # noqa: B018


@pytest.fixture(scope="module")
def predictor(tmp_path_factory) -> dprotonet.Predictor:
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    make_tiny_bundle(folder)
    return dprotonet.load(str(folder))


@pytest.fixture
def image(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (90, 41), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    return dprotonet.read_image(tmp_path / "image.png")


def test_the_five_lines_of_the_readme_predict_and_explain(predictor, image):
    prediction = predictor.predict(image)
    explanation = predictor.explain(image, node="class", tier="instant")
    assert explanation.node == f"class:{prediction.label}"
    assert dprotonet.on_native_grid(explanation).shape == image.shape
    other = predictor.explain(image, "prototype:p01", method="gradcam", tier="instant", seed=3)
    assert (other.node, other.method, other.seed) == ("prototype:p01", "gradcam", 3)


def test_a_method_a_tier_or_a_node_that_is_not_there_is_said_in_a_sentence(predictor, image):
    with pytest.raises(WrongRequest, match=r"“lime”.*gradcam"):
        predictor.explain(image, method="lime")
    with pytest.raises(WrongRequest, match=r"“best”.*standard"):
        predictor.explain(image, tier="best")
    with pytest.raises(WrongRequest, match="class:"):
        predictor.explain(image, "class:nobody", tier="instant")


@pytest.mark.parametrize(
    "name", ["GradCAM", "ScoreCAM", "RISE", "Occlusion", "IntegratedGradients"]
)
def test_an_attribution_method_explains_any_classifier(name):
    method = getattr(dprotonet, name)(PatchClassifier())
    heatmap = method.attribute(toy_image(squares=(6, 22)), target=1)
    assert heatmap.shape == (1, SIZE, SIZE) and heatmap.dtype == torch.float32
    assert 0 <= float(heatmap.min()) < float(heatmap.max()) == pytest.approx(1.0)
