import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torchvision import models

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.classifier.imported import import_classifier
from dprotonet.bundle.classifier.request import ImportedFile
from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from dprotonet.inference.intervening import intervene
from dprotonet.inference.intervention import Intervention, Region
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.imported_bundle import ARCHITECTURE, make_imported_bundle, weights_file
from tests.dprotonet.tiny_bundle import tiny_images

IMAGE = GrayOrColourImage(
    tiny_images(2, 1)[0],
    (Window(128, 256),),
    False,
    None,
    ImageFacts("png", 64, 64, 1, False, 8),
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_imported_bundle(tmp_path_factory.mktemp("imported"))


def test_it_is_a_bundle_without_prototypes_that_says_so(bundle):
    loaded = Bundle.load(bundle.path)
    assert loaded.digest == bundle.digest and loaded.manifest.to_json()["format"] == 4
    assert loaded.prototypes == () and loaded.gallery == () and not loaded.has_prototypes
    assert "It has no prototypes" in loaded.card.limits[0]
    assert loaded.card.training["imported"]["architecture"] == "squeezenet1_1"


def test_its_probabilities_are_those_of_the_network(bundle):
    network = models.squeezenet1_1(num_classes=2)
    network.load_state_dict(load_file(bundle.path.parent / "weights.safetensors"))
    x, _ = bundle.preprocessing(IMAGE)
    with torch.no_grad():
        expected = network.eval()(x[None]).softmax(1)[0].tolist()
    prediction = Predictor(bundle).predict(IMAGE)
    assert list(prediction.probabilities.values()) == pytest.approx(expected, abs=1e-5)
    assert prediction.matches == () and not prediction.no_prototype_is_close


def test_the_decoder_and_the_other_methods_explain_its_classes(bundle):
    predictor = Predictor(bundle)
    for method in ("mdm", "gradcam", "occlusion"):
        explanation = predictor.explain(IMAGE, "class", method=method, tier="draft")
        assert explanation.heatmap.shape == (64, 64)
        assert explanation.faithfulness is not None


def test_a_prototype_and_what_needs_one_are_refused_in_a_sentence(bundle):
    with pytest.raises(WrongRequest, match="has no prototypes"):
        Predictor(bundle).explain(IMAGE, "prototype:p00")
    for name in ("model", "options"):
        with pytest.raises(WrongRequest, match="an imported classifier"):
            getattr(bundle, name)


def test_a_hidden_region_is_answered_by_the_network(bundle):
    predictor = Predictor(bundle)
    mask = np.zeros((64, 64), bool)
    mask[10:30, 10:30] = True
    result = intervene(predictor, IMAGE, Intervention(region=Region(mask)))
    assert result.evidence == {} and result.control is not None
    assert sum(result.probabilities.values()) == pytest.approx(1.0)
    whole = intervene(predictor, IMAGE, Intervention())
    assert whole.logits == pytest.approx(predictor.predict(IMAGE).logits)


def test_an_altered_weight_is_noticed(tmp_path):
    path = make_imported_bundle(tmp_path).path / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(UnusableBundle, match=r"network of the model 'imported'.* was altered"):
        Bundle.load(path.parent)


def test_each_class_by_itself_gets_a_threshold(tmp_path):
    choices = {"output": "sigmoid", "negative": None, "threshold": 0.3}
    made = make_imported_bundle(tmp_path, ("a", "b", "c"), **choices)
    assert made.multi_label and made.thresholds == {"a": 0.3, "b": 0.3, "c": 0.3}
    prediction = Predictor(made).predict(IMAGE)
    assert all(0 < p < 1 for p in prediction.probabilities.values())


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"classes": ("a", "b", "c")}, UnusableBundle, "name the architecture|Name the arch"),
        ({"architecture": "torchvision:resnet18"}, UnusableBundle, "do not fit"),
        ({"sd": (0.0,)}, WrongRequest, "sd must be positive"),
        ({"size": 8}, WrongRequest, "image_size"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_folder(tmp_path, change, error, says):
    usual = {"architecture": ARCHITECTURE, "name": "mine", "classes": ("none", "finding")}
    file = ImportedFile(**{"file": weights_file(tmp_path), **usual, **change})
    with pytest.raises(error, match=says):
        import_classifier(file, tmp_path / "bundle")
    assert {path.name for path in tmp_path.iterdir()} == {"weights.safetensors"}


class TestOnnx:
    @pytest.fixture
    def file(self, tmp_path: Path) -> ImportedFile:
        pytest.importorskip("onnx")
        from tests.dprotonet.modeling.classifiers.onnx_graph.single import model_of

        chance = np.random.default_rng(0)
        constants = {
            "k": chance.normal(size=(4, 1, 3, 3)).astype(np.float32),
            "w": chance.normal(size=(4, 2)).astype(np.float32),
        }
        nodes = [
            ("Conv", ["x", "k"], ["c"], {"pads": (1, 1, 1, 1)}),
            ("Relu", ["c"], ["r"], {}),
            ("GlobalAveragePool", ["r"], ["p"], {}),
            ("Flatten", ["p"], ["f"], {}),
            ("MatMul", ["f", "w"], ["z"], {}),
            ("Softmax", ["z"], ["y"], {}),
        ]
        model = model_of(nodes, (1, 1, 64, 64), constants=constants, outputs=(1, 2))
        path = tmp_path / "network.onnx"
        path.write_bytes(model.SerializeToString())
        return ImportedFile(
            file=path, architecture="", name="mine", classes=("a", "b"), mean=(0.5,), sd=(0.5,)
        )

    def test_its_operators_run_in_torch_and_are_explained(self, file, tmp_path):
        from onnx.reference import ReferenceEvaluator

        made = import_classifier(file, tmp_path / "bundle")
        assert made.image_size == 64 and json.loads((made.path / "graph.json").read_text())
        x, _ = made.preprocessing(IMAGE)
        (expected,) = ReferenceEvaluator(str(file.file)).run(None, {"x": x[None, :1].numpy()})
        prediction = Predictor(made).predict(IMAGE)
        assert list(prediction.probabilities.values()) == pytest.approx(expected[0], abs=1e-5)
        explanation = Predictor(made).explain(IMAGE, "class:b", tier="draft")
        assert explanation.heatmap.max() > 0

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"classes": ("a", "b", "c")}, "gives 2 numbers, and 3 classes"),
            ({"size": 32}, "takes images of 64 pixels, not 32"),
            ({"output": "sigmoid"}, "ends in a softmax"),
        ],
    )
    def test_what_contradicts_the_file_is_refused(self, file, tmp_path, change, says):
        with pytest.raises(WrongRequest, match=says):
            import_classifier(replace(file, **change), tmp_path / "bundle")
