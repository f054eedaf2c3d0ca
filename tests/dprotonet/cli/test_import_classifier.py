import json

import numpy as np
from PIL import Image

from dprotonet.cli.main import main
from tests.dprotonet.imported_bundle import ARCHITECTURE, weights_file


def test_a_file_becomes_a_bundle_that_predict_takes(tmp_path, capsys):
    out, weights = tmp_path / "bundle", weights_file(tmp_path)
    arguments = ["import", str(weights), "--out", str(out), "--name", "mine"]
    arguments += ["--classes", "none", "finding", "--architecture", ARCHITECTURE, "--size", "64"]
    assert main(arguments) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["name"], record["prototypes"]) == ("mine", 0)

    image = tmp_path / "image.png"
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(image)
    assert main(["predict", str(image), "--model", str(out)]) == 0
    prediction = json.loads(capsys.readouterr().out)
    assert prediction["matches"] == [] and prediction["prediction"] in ("none", "finding")

    heatmaps = ["explain", str(image), "--model", str(out), "--out", str(tmp_path / "h")]
    assert main([*heatmaps, "--tier", "draft", "--node", "class:finding"]) == 0
    assert json.loads(capsys.readouterr().out)["node"] == "class:finding"


def test_what_cannot_be_imported_is_one_sentence(tmp_path, capsys):
    arguments = ["import", str(weights_file(tmp_path)), "--out", str(tmp_path / "b")]
    arguments += ["--name", "mine", "--classes", "a", "b", "--architecture", "torchvision:alexnet"]
    assert main(arguments) == 2
    assert "do not fit torchvision's alexnet" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
