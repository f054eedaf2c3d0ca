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
from training.comparison import compare as comparing
from training.comparison.row_file import RowFile
from training.evaluation.multilabel import calibration_error, weighted_calibration_error
from training.evaluation.report import paired_difference, report
from training.evaluation.scored_predictions import ScoredPredictions
from training.presets import search_settings

CLASSES = ("bright", "square", "striped")


@pytest.fixture(scope="module")
def scored():
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


def test_figures_agree_with_scikit_learn(scored):
    result = report(scored, resamples=20)
    truth, probabilities = scored.labels, scored.probabilities
    assert result["auroc"]["value"] == pytest.approx(
        roc_auc_score(truth, probabilities, average="macro"), abs=1e-4
    )
    assert result["auprc"]["value"] == pytest.approx(
        average_precision_score(truth, probabilities, average="macro"), abs=1e-4
    )
    calls = probabilities >= 0.55
    assert result["accuracy"]["value"] == pytest.approx((calls == truth).mean(), abs=1e-4)
    assert result["exact_match"]["value"] == pytest.approx(
        (calls == truth).all(axis=1).mean(), abs=1e-4
    )
    assert result["brier"] == pytest.approx(((probabilities - truth) ** 2).mean(), abs=1e-4)
    own = result["sensitivity_by_class"]["square"]["value"]
    assert own == pytest.approx(calls[truth[:, 1], 1].mean(), abs=1e-4)
    assert set(result["by_view"]) == {"AP", "PA"}
    assert set(result["curves"]["roc"]) == set(CLASSES)
    assert sum(b["films"] for b in result["curves"]["reliability"]) == 180


def test_the_weighted_calibration_error_is_the_plain_one_where_all_weigh_one(scored):
    plain = calibration_error(scored.probabilities, scored.labels)
    once = np.ones((1, 60))
    weighted = weighted_calibration_error(scored.probabilities, scored.labels, once)
    assert weighted[0] == pytest.approx(plain, abs=1e-6)


def test_a_model_differs_from_itself_by_nothing(scored):
    for figure in ("auroc", "auprc", "accuracy"):
        result = paired_difference(scored, scored, resamples=20, figure=figure)
        assert result == {"value": 0.0, "low": 0.0, "high": 0.0}


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
    prediction = Predictor(bundle).predict(read_image(site / "07.png"))
    assert set(prediction.called) <= set(CLASSES)
    assert abs(sum(prediction.probabilities.values()) - 1.0) > 1e-6


def test_evaluate_and_the_card_speak_of_each_class(trained, site, capsys):
    assert main(["evaluate", str(trained), "--data", str(site), "--faithfulness", "1"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result["auroc_by_class"]) == set(CLASSES)
    assert result["exact_match"]["value"] is not None
    assert result["faithfulness"]["images"] == 1
    assert 0.0 <= result["prototypes"]["class_purity"] <= 1.0
    assert main(["card", str(trained)]) == 0
    assert "do not exclude each other" in capsys.readouterr().out


def test_compare_evaluates_each_class_at_its_own_threshold(
    site, tmp_path, tmp_path_factory, monkeypatch
):
    # Two settings are enough to choose among.
    monkeypatch.setattr(comparing, "search_settings", lambda recipe: search_settings(recipe)[:2])
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
    assert len(rows) == 4 and all(set(r["thresholds"]) == set(CLASSES) for r in rows)
    assert "dprotonet - blackbox" in next(tmp_path.glob("*.md")).read_text()


def test_what_needs_one_class_each_says_so(site, tmp_path, tmp_path_factory, capsys):
    file = recipe(tmp_path_factory)
    command = ["train", str(file), "--data", str(site), "--out", str(tmp_path)]
    assert main([*command, *words("sampler=balanced")]) == 2
    assert "any number" in capsys.readouterr().err
    assert main(["train", "folder", "--data", str(site), "--out", str(tmp_path), *words()]) == 2
    assert "one class each" in capsys.readouterr().err


def test_a_bundle_of_one_class_each_is_not_evaluated_on_images_of_many(trained, tmp_path):
    from training.datasets import nih
    from training.evaluation.evaluate import check_classes

    with pytest.raises(ReadableError, match="one class"):
        check_classes(Bundle.load(trained), nih.load(replicas.nih(tmp_path / "nih")))
