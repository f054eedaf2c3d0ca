from pathlib import Path

import pytest

from dprotonet.cli.travel_arguments import ExportRequest, read_export, read_import
from dprotonet.errors import WrongRequest

IMPORT = ["w.safetensors", "--out", "b", "--name", "mine", "--classes", "a", "b"]


def test_a_whole_export():
    request = read_export(["bundle", "--to", "onnx", "--out", "m.onnx"])
    assert request == ExportRequest(Path("bundle"), "onnx", Path("m.onnx"))


def test_a_whole_import():
    request = read_import(
        [*IMPORT, "--architecture", "monai:DenseNet121", "--mean", "0.5", "--grey"]
    )
    assert request.out == Path("b") and request.file.classes == ("a", "b")
    assert request.file.source == "monai" and request.file.grey
    assert request.file.mean == (0.5,) and request.file.output == "softmax"


@pytest.mark.parametrize(
    ("read", "arguments", "says"),
    [
        (read_export, ["bundle"], "--to"),
        (read_export, ["bundle", "--to", "tflite"], "invalid choice"),
        (read_import, IMPORT[:-3], "--classes"),
        (read_import, IMPORT, "--architecture"),
        (read_import, ["w.pt", *IMPORT[1:]], "pickle"),
    ],
)
def test_an_impossible_request_is_one_sentence(read, arguments, says):
    with pytest.raises(WrongRequest, match=says):
        read(arguments)


@pytest.mark.parametrize("read", [read_export, read_import])
def test_help_names_the_options(read):
    assert "--out" in read(["--help"])
