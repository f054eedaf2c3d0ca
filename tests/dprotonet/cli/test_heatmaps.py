"""Heatmaps of the tier instant come from the pass that predicts, where the model has a reader."""

import json
from pathlib import Path

import numpy as np
import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.explain.explanation import NO_READER, READER
from dprotonet.images.reader import read_image
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.freezing.frozen import FrozenNetwork
from tests.dprotonet.cli.small_images import write_png
from tests.dprotonet.read_bundle import make_read_bundle

INSTANT = ("--tier", "instant", "--node", "class", "--node", "prototype:p01")


@pytest.fixture(scope="module")
def read_bundle(tmp_path_factory):
    return make_read_bundle(tmp_path_factory.mktemp("read") / "b", pictures=False).path


@pytest.fixture
def image(tmp_path):
    return write_png(tmp_path / "images" / "a.png")


def test_they_are_written_without_another_pass_and_say_that_nothing_was_measured(
    shell, read_bundle, image, tmp_path, monkeypatch
):
    passes = []
    monkeypatch.setattr(FrozenNetwork, "run", lambda *args, **named: passes.append(args))
    status, records, _ = shell(
        "explain", image, "--model", read_bundle, "--out", tmp_path / "out", *INSTANT
    )
    assert status == 0 and passes == [], "what explanations pass through was not used"
    for record in records:
        assert (record["drawn_by"], record["measured"]) == (READER, False)
        assert record["faithfulness"] is None and record["value_after"] is None
        assert json.loads(Path(record["files"]["record"]).read_text()) == record
        assert Path(record["files"]["overlay"]).is_file()
    predictor = Predictor(Bundle.load(read_bundle))
    prediction = predictor.predict(read_image(image))
    assert records[0]["node"] == f"class:{prediction.label}"
    assert records[0]["value_before"] == pytest.approx(prediction.probability)
    similarities = {match.prototype: match.similarity for match in prediction.matches}
    assert records[1]["value_before"] == pytest.approx(similarities["p01"])


def test_measured_ones_have_the_same_map(shell, read_bundle, image, tmp_path):
    maps = []
    for more in ((), ("--measure",)):
        status, records, _ = shell(
            "explain", image, "--model", read_bundle, "--out", tmp_path / "out", *INSTANT, *more
        )
        assert status == 0
        maps.append([np.load(record["files"]["heatmap"]) for record in records])
    assert all(record["measured"] and record["faithfulness"] for record in records)
    for quick, measured in zip(*maps, strict=True):
        assert quick.dtype == np.float32 and np.abs(quick - measured).max() < 0.02


def test_without_a_picture_that_of_an_earlier_run_goes(shell, read_bundle, image, tmp_path):
    out = tmp_path / "out"
    shell("explain", image, "--model", read_bundle, "--out", out, "--tier", "instant")
    assert len(list(out.glob("*.overlay.png"))) == 1
    _, (record,), _ = shell(
        "explain", image, "--model", read_bundle, "--out", out, "--tier", "instant", "--no-overlay"
    )
    assert record["files"]["overlay"] is None
    assert {path.suffix for path in out.iterdir()} == {".npy", ".json"}


def test_a_pooled_vector_and_a_model_without_a_reader_are_searched_and_measured(
    shell, bundle, read_bundle, image, tmp_path
):
    for model, node in ((bundle, "class"), (read_bundle, "vector:p00")):
        words = ("--out", tmp_path / "out", "--tier", "instant", "--node", node)
        status, (record,), _ = shell("explain", image, "--model", model, *words)
        assert status == 0 and record["measured"] and record["drawn_by"] == NO_READER
