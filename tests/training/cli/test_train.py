import json
import shutil

from dprotonet.bundle.bundle import Bundle
from dprotonet.images.reader import read_image
from dprotonet.inference.predictor import Predictor
from tests.training import replicas
from tests.training.conftest import settings
from training.cli.parser import main
from training.data.splits import split_of


def test_training_gives_a_bundle_that_predicts(trained, class_folder):
    bundle = Bundle.load(trained)
    assert (bundle.name, bundle.classes) == ("colours", ("alpha", "beta", "gamma"))
    # Without the gate, whose limits rest on a handful of validation images here.
    predictor = Predictor(bundle, gate=False)
    prediction = predictor.predict(read_image(class_folder / "beta" / "00.png"))
    assert set(prediction.probabilities) == set(bundle.classes)
    ids = {source.sample_id for record in bundle.prototypes for source in record.sources}
    assert all((class_folder / name).is_file() for name in ids)


def test_prototypes_come_from_training_images_alone(trained, class_folder):
    rows = (class_folder / "patients.csv").read_text().splitlines()[1:]
    patients = dict(row.split(",") for row in rows)
    for record in Bundle.load(trained).prototypes:
        for source in record.sources:
            assert split_of(patients[source.sample_id]) == "train"


def test_the_card_has_the_test_figures_beside_a_black_box(trained):
    card = Bundle.load(trained).card
    for figures in (card.metrics, card.metrics["black_box"]):
        assert {"auroc", "accuracy", "ece", "brier", "by_view"} <= set(figures)
    assert set(card.metrics["auroc_minus_black_box"]) == {"value", "low", "high"}
    assert 0.0 <= card.metrics["prototypes"]["distinct"] <= 1.0
    assert 0.0 <= card.metrics["prototype_looks"]["stability"]["value"] <= 1.0
    assert card.training["recipe"]["backbone"] == "mobilenet_v2"


def test_folds_evaluate_every_image_once_and_nih_images_stay_out_of_the_bundle(tmp_path, capsys):
    root = replicas.nih(tmp_path / "nih")
    out = tmp_path / "out"
    arguments = ["train", "nih", "--data", str(root), "--out", str(out), "--folds", "5"]
    arguments += ["--bundles", *settings("epochs=2", "prototypes_per_class=1")]
    assert main(arguments) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["dprotonet"]["films"] == summary["black_box"]["films"] == 60
    assert summary["folds"] == 5
    assert set(summary["auroc_minus_black_box"]) == {"value", "low", "high"}
    assert set(summary["dprotonet"]["by_view"]) == {"AP", "PA"}
    assert not any(entry.picture for entry in Bundle.load(out / "bundle").gallery)
    assert main([*arguments, "--resume"]) == 0  # every fold is finished: nothing is trained again
    assert json.loads(capsys.readouterr().out) == summary
    assert main([*arguments, "--set", "seed=5", "--resume"]) == 2
    assert "was started with seed=0, not 5" in capsys.readouterr().err
    _evaluate_boxes_out_of_fold(root, out, capsys)


def _evaluate_boxes_out_of_fold(root, out, capsys):
    """Every box is judged by the network of the one fold that never saw its patient."""
    command = ["boxes", str(out), "--data", str(root), "--methods", "centre", "--tier", "draft"]
    assert main(command) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["folds"], summary["images_with_a_truth"]) == (5, 15)
    assert 0 < summary["methods"]["centre"]["images"] <= 15
    own = summary["own_map"]
    assert own["images"] == summary["methods"]["centre"]["images"] == own["centre"]["images"]
    assert set(own["energy_over_area"]) == {"value", "low", "high"}
    shutil.rmtree(out / "folds" / "1" / "bundle")
    assert main(command) == 2
    assert "the networks of 1 folds" in capsys.readouterr().err
