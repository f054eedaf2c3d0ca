from pathlib import Path

import pytest

from dprotonet.bundle.classifier.request import ImportedFile
from dprotonet.errors import UnusableBundle, WrongRequest

USUAL = {
    "file": Path("w.safetensors"),
    "architecture": "torchvision:resnet18",
    "name": "mine",
    "classes": ("a", "b"),
}


def test_a_files_ending_and_the_architecture_say_whose_network_it_is():
    assert ImportedFile(**USUAL).source == "torchvision"
    onnx = ImportedFile(**{**USUAL, "file": Path("n.ONNX"), "architecture": ""})
    assert onnx.source == "onnx" and onnx.is_onnx


@pytest.mark.parametrize("ending", ["pt", "pth", "bin", "ckpt", "pkl"])
def test_a_pickle_is_not_opened(ending):
    with pytest.raises(WrongRequest, match="is a pickle, which can run programs"):
        ImportedFile(**{**USUAL, "file": Path(f"weights.{ending}")})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"file": Path("w.h5")}, "neither"),
        ({"architecture": ""}, "--architecture"),
        ({"file": Path("n.onnx")}, "leave out --architecture"),
        ({"architecture": "timm:resnet18"}, "torchvision:NAME or monai:NAME"),
        ({"output": "relu"}, "no output"),
        ({"mean": (0.5, 0.5)}, "one mean"),
        ({"sd": ()}, "one standard deviation"),
        ({"output": "sigmoid", "negative": "a"}, "--negative"),
        ({"negative": "c"}, "none of a, b"),
        ({"threshold": 0.5}, "name that with --negative"),
        ({"negative": "a", "threshold": 1.5}, "between 0 and 1"),
        ({"temperature": 0.0}, "positive number"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(change, says):
    with pytest.raises(WrongRequest, match=says):
        ImportedFile(**{**USUAL, **change})


def test_a_name_is_one_that_a_bundle_can_have():
    with pytest.raises(UnusableBundle, match="cannot have the name"):
        ImportedFile(**{**USUAL, "name": "../x"})
