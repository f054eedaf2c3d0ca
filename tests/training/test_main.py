import json
import shutil
import subprocess
import sys

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.images.reader import read_image
from dprotonet.inference.predictor import Predictor
from tests.training import replicas
from tests.training.conftest import SMALL
from training.__main__ import main
from training.data.splits import split_of
from training.fitting.attach_gallery import attach


def _settings(*more):
    return [word for setting in (*SMALL, *more) for word in ("--set", setting)]


@pytest.fixture(scope="module")
def trained(class_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    words = ["train", "folder", "--data", str(class_folder), "--out", str(out), "--device", "cpu"]
    assert main([*words, *_settings("name=colours")]) == 0
    return out / "bundle"


def test_training_gives_a_bundle_that_predicts(trained, class_folder):
    bundle = Bundle.load(trained)
    assert (bundle.name, bundle.classes) == ("colours", ("alpha", "beta", "gamma"))
    prediction = Predictor(bundle).predict(read_image(class_folder / "beta" / "00.png"))
    assert set(prediction.probabilities) == set(bundle.classes)
    ids = {source.sample_id for record in bundle.prototypes for source in record.sources}
    assert all((class_folder / name).is_file() for name in ids)


def test_prototypes_come_from_training_images_alone(trained, class_folder):
    rows = (class_folder / "patients.csv").read_text().splitlines()[1:]
    people = dict(row.split(",") for row in rows)
    for record in Bundle.load(trained).prototypes:
        for source in record.sources:
            assert split_of(people[source.sample_id]) == "train"


def test_the_card_has_the_test_figures_beside_a_black_box(trained):
    card = Bundle.load(trained).card
    for figures in (card.metrics, card.metrics["black_box"]):
        assert {"auroc", "accuracy", "ece", "brier", "by_view"} <= set(figures)
    assert set(card.metrics["auroc_minus_black_box"]) == {"value", "low", "high"}
    assert card.training["recipe"]["backbone"] == "mobilenet_v2"


def test_evaluate_prints_one_json_with_the_figures_of_the_card(trained, class_folder, capsys):
    assert main(["evaluate", str(trained), "--data", str(class_folder), "--split", "test"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["split"] == "test"
    assert printed["auroc"]["value"] == Bundle.load(trained).card.metrics["auroc"]["value"]


def test_the_gallery_shows_heatmaps_in_the_bundle_and_attaches_pictures_beside_it(
    trained, class_folder, tmp_path
):
    bundle = Bundle.load(trained)
    assert all(entry.heatmap for entry in bundle.gallery[:1])
    before = sorted(p.name for p in trained.rglob("*"))
    assert attach(bundle, class_folder, tmp_path) == len(bundle.gallery)
    entry = bundle.gallery[0]
    folder = tmp_path / "galleries" / bundle.digest
    assert (folder / f"{entry.prototype}-{entry.image_sha256[:16]}.png").is_file()
    assert sorted(p.name for p in trained.rglob("*")) == before


def test_folds_judge_every_image_once_and_nih_images_stay_out_of_the_bundle(tmp_path, capsys):
    root = replicas.nih(tmp_path / "nih")
    out = tmp_path / "out"
    words = ["train", "nih", "--data", str(root), "--out", str(out), "--folds", "5", "--bundles"]
    words += _settings("epochs=2", "prototypes_per_class=1")
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["dprotonet"]["films"] == found["black_box"]["films"] == 60
    assert found["folds"] == 5
    assert set(found["auroc_minus_black_box"]) == {"value", "low", "high"}
    assert set(found["dprotonet"]["by_view"]) == {"AP", "PA"}
    assert not any(entry.picture for entry in Bundle.load(out / "bundle").gallery)
    assert main([*words, "--resume"]) == 0  # every fold is finished: nothing is trained again
    assert json.loads(capsys.readouterr().out) == found
    assert main([*words, "--set", "seed=5", "--resume"]) == 2
    assert "was started with seed=0, not 5" in capsys.readouterr().err
    _boxes_out_of_fold(root, out, capsys)


def _boxes_out_of_fold(root, out, capsys):
    """Every box is judged by the network of the one fold that never saw its patient."""
    command = ["boxes", str(out), "--data", str(root), "--methods", "centre", "--tier", "draft"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["folds"], found["images_with_a_truth"]) == (5, 15)
    assert 0 < found["methods"]["centre"]["images"] <= 15
    shutil.rmtree(out / "folds" / "1" / "bundle")
    assert main(command) == 2
    assert "the networks of 1 folds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "chest", "--out", "x"], "There is no recipe 'chest'"),
        (["train", "nih", "--out", "x"], "Give their folder by --data"),
        (["train", "nih", "--out", "x", "--data", "nowhere"], "There is no folder nowhere"),
        (["train", "nih", "--out", "x", "--set", "epoch=3"], "Did you mean epochs"),
        (["train", "folder", "--out", "x", "--preset", "blackbox"], "a black box beside"),
        (["evaluate", "nowhere", "--data", "nowhere"], "holds no model"),
    ],
)
def test_what_is_given_wrong_is_one_sentence_and_status_two(
    words, sentence, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert sentence in capsys.readouterr().err


def test_every_method_and_tier_of_the_library_may_be_asked_for_by_name():
    from dprotonet.names import METHODS, TIERS
    from training.cli.evaluate import USUAL_METHODS
    from training.cli.parser import build_parser

    for command in (["evaluate", "b"], ["boxes", "o"], ["pointing", "b"], ["shortcut", "b"]):
        option = "--method" if command[0] == "evaluate" else "--methods"
        for method, tier in zip(METHODS, [*TIERS] * len(METHODS), strict=False):
            arguments = build_parser().parse_args([*command, option, method, "--tier", tier])
            chosen = arguments.method if option == "--method" else arguments.methods[0]
            assert chosen == method
            assert arguments.tier == tier
    assert set(USUAL_METHODS) <= set(METHODS)


def test_help_comes_without_loading_torch():
    code = (
        "import runpy, sys\nsys.argv = ['x', '--help']\n"
        "try:\n    runpy.run_module('training', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "gallery" in done.stdout
