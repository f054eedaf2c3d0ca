"""Images with any number of findings: figures, and the way from a table to a reviewed model."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.images.reader import read_image
from dprotonet.inference.predictor import Predictor
from tests.training import replicas
from tests.training.conftest import SMALL
from training.__main__ import main
from training.comparison.row_file import RowFile
from training.evaluation.multilabel import calibration_error, weighted_calibration_error
from training.evaluation.report import paired_difference, report
from training.evaluation.scored_predictions import ScoredPredictions

CLASSES = ("bright", "square", "striped")


@pytest.fixture(scope="module")
def judged():
    chance = np.random.default_rng(3)
    labels = chance.random((60, 3)) < (0.5, 0.3, 0.2)
    chances = np.clip(0.6 * labels + 0.5 * chance.random((60, 3)), 0.01, 0.99)
    return ScoredPredictions(
        classes=CLASSES,
        negative_class=None,
        probabilities=chances,
        labels=labels,
        patients=np.arange(60) // 2,
        views=np.array(["AP", "PA"] * 30),
        threshold=None,
        thresholds=dict.fromkeys(CLASSES, 0.55),
    )


def test_figures_agree_with_scikit_learn(judged):
    found = report(judged, resamples=20)
    truth, said = judged.labels, judged.probabilities
    assert found["auroc"]["value"] == pytest.approx(
        roc_auc_score(truth, said, average="macro"), abs=1e-4
    )
    assert found["auprc"]["value"] == pytest.approx(
        average_precision_score(truth, said, average="macro"), abs=1e-4
    )
    calls = said >= 0.55
    assert found["accuracy"]["value"] == pytest.approx((calls == truth).mean(), abs=1e-4)
    assert found["exact_match"]["value"] == pytest.approx(
        (calls == truth).all(axis=1).mean(), abs=1e-4
    )
    assert found["brier"] == pytest.approx(((said - truth) ** 2).mean(), abs=1e-4)
    own = found["sensitivity_by_class"]["square"]["value"]
    assert own == pytest.approx(calls[truth[:, 1], 1].mean(), abs=1e-4)
    assert set(found["by_view"]) == {"AP", "PA"}
    assert set(found["curves"]["roc"]) == set(CLASSES)
    assert sum(b["films"] for b in found["curves"]["reliability"]) == 180


def test_the_weighted_calibration_error_is_the_plain_one_where_all_weigh_one(judged):
    plain = calibration_error(judged.probabilities, judged.labels)
    once = np.ones((1, 60))
    weighted = weighted_calibration_error(judged.probabilities, judged.labels, once)
    assert weighted[0] == pytest.approx(plain, abs=1e-6)


def test_a_model_differs_from_itself_by_nothing(judged):
    for figure in ("auroc", "auprc", "accuracy"):
        found = paired_difference(judged, judged, resamples=20, figure=figure)
        assert found == {"value": 0.0, "low": 0.0, "high": 0.0}


def drawn(bright, square, striped, seed):
    """Grey noise that is brighter, has a square, or has stripes."""
    image = np.random.default_rng(seed).normal(170 if bright else 90, 15, (96, 96))
    if square:
        image[30:60, 30:60] = 255
    if striped:
        image[:, ::8] = 0
    return image.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site's folder: every combination of three findings, several times."""
    from PIL import Image

    root = tmp_path_factory.mktemp("site")
    lines = ["file,label,patient"]
    for number in range(64):
        shows = [bool(number >> bit & 1) for bit in range(3)]
        Image.fromarray(drawn(*shows, number)).save(root / f"{number:02d}.png")
        names = "|".join(n for n, s in zip(CLASSES, shows, strict=True) if s)
        lines.append(f"{number:02d}.png,{names},p{number}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root


def words(*more):
    settings = (*SMALL, "name=together", "multi_label=true", *more)
    return [word for setting in settings for word in ("--set", setting)]


@pytest.fixture(scope="module")
def trained(site, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    command = ["train", str(recipe(tmp_path_factory)), "--data", str(site), "--out", str(out)]
    assert main([*command, "--device", "cpu", *words()]) == 0
    return out / "bundle"


def recipe(tmp_path_factory):
    file = tmp_path_factory.mktemp("recipe") / "site.yaml"
    file.write_text("name: together\ndataset: dicom_csv\n")
    return file


def test_a_table_of_several_findings_becomes_a_bundle_that_calls_them(trained, site):
    bundle = Bundle.load(trained)
    assert bundle.classes == CLASSES and set(bundle.thresholds) == set(CLASSES)
    assert bundle.card.metrics["auroc"]["value"] is not None
    assert bundle.card.metrics["black_box"]["auroc"]["value"] is not None
    said = Predictor(bundle).predict(read_image(site / "07.png"))
    assert set(said.called) <= set(CLASSES)
    assert abs(sum(said.probabilities.values()) - 1.0) > 1e-6


def test_evaluate_and_the_card_speak_of_each_class(trained, site, capsys):
    assert main(["evaluate", str(trained), "--data", str(site), "--faithfulness", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["auroc_by_class"]) == set(CLASSES)
    assert found["exact_match"]["value"] is not None
    assert found["faithfulness"]["images"] == 1
    assert 0.0 <= found["prototypes"]["class_purity"] <= 1.0
    assert main(["card", str(trained)]) == 0
    assert "do not exclude each other" in capsys.readouterr().out


def test_compare_judges_each_class_by_its_own_threshold(site, tmp_path, tmp_path_factory, capsys):
    command = [
        "compare",
        str(recipe(tmp_path_factory)),
        "--data",
        str(site),
        "--out",
        str(tmp_path),
    ]
    presets = ["--presets", "dprotonet", "blackbox", "--seeds", "0", "--device", "cpu"]
    assert main([*command, *presets, *words("epochs=2")]) == 0
    rows = RowFile(tmp_path).rows.values()
    assert len(rows) == 8 and all(set(r["thresholds"]) == set(CLASSES) for r in rows)
    assert "dprotonet - blackbox" in next(tmp_path.glob("*.md")).read_text()


def test_what_needs_one_class_each_says_so(site, tmp_path, tmp_path_factory, capsys):
    file = recipe(tmp_path_factory)
    command = ["train", str(file), "--data", str(site), "--out", str(tmp_path)]
    assert main([*command, *words("sampler=balanced")]) == 2
    assert "any number" in capsys.readouterr().err
    assert main(["train", "folder", "--data", str(site), "--out", str(tmp_path), *words()]) == 2
    assert "one class each" in capsys.readouterr().err


def test_a_bundle_of_one_class_each_is_not_judged_on_images_of_many(trained, tmp_path):
    from training.datasets import nih
    from training.evaluation.evaluate import check_classes

    with pytest.raises(ReadableError, match="one class"):
        check_classes(Bundle.load(trained), nih.load(replicas.nih(tmp_path / "nih")))
