import json
import zipfile

import pytest
import torch

from dprotonet.export import parity
from dprotonet.export.torch_formats import METADATA, write_program, write_torchscript
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.gated_bundle import make_gated_bundle
from tests.dprotonet.tiny_bundle import network_input, tiny_images
from tests.paths import ROOT

X = network_input(tiny_images(2, 2))


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    return Predictor(make_gated_bundle(tmp_path_factory.mktemp("torch") / "b"), gate=False)


def script(path):
    files = {METADATA: ""}
    return torch.jit.load(path, _extra_files=files), files[METADATA]


def program(path):
    files = {METADATA: ""}
    return torch.export.load(path, extra_files=files).module(), files[METADATA]


@pytest.mark.parametrize(
    ("write", "load", "name"),
    [(write_torchscript, script, "model.ts"), (write_program, program, "model.pt2")],
)
def test_a_file_gives_the_predictors_outputs_by_name(predictor, tmp_path, write, load, name):
    path = tmp_path / name
    assert write(predictor, path).differences["logits"] < 1e-3
    network, about = load(path)
    about = json.loads(about)
    assert about["bundle_digest"] == predictor.bundle.digest
    for images in (X[:1], X):
        outputs = network(images)
        assert set(outputs) == {"logits", "probabilities", "similarities", "support_distance"}
        expected = [list(predictor.predict_tensor(x).probabilities.values()) for x in images]
        torch.testing.assert_close(
            outputs["probabilities"], torch.tensor(expected), atol=1e-4, rtol=1e-4
        )


@pytest.mark.parametrize("write", [write_torchscript, write_program])
def test_a_file_says_nothing_of_the_folders_of_this_machine(predictor, tmp_path, write):
    path = tmp_path / "model"
    write(predictor, path)
    with zipfile.ZipFile(path) as archive:
        entries = [archive.read(entry) for entry in archive.infolist()]
    assert [entry for entry in entries if str(ROOT).encode() in entry] == []


@pytest.mark.parametrize("write", [write_torchscript, write_program])
def test_a_file_that_differs_is_not_kept(predictor, tmp_path, monkeypatch, write):
    monkeypatch.setattr(parity, "TOLERANCE", -1.0)
    with pytest.raises(parity.ExportDiffers):
        write(predictor, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
