import json
from dataclasses import replace

import numpy as np
import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.model_card import ModelCard
from dprotonet.editing.apply import apply_edit
from dprotonet.editing.head import last_layer
from dprotonet.editing.propose import propose_edit
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from training.__main__ import main
from training.data.splits import split_of
from training.datasets.phantom.dataset import phantom_samples
from training.datasets.phantom.parameters import FINDINGS, Shortcut
from training.evaluation.shortcut import edited_head
from training.recipe import load_recipe

SETTINGS = ("phantom_films=80", "phantom_size=96", "resamples=20", "image_size=64")


def bundle_of(folder, *settings, classes=FINDINGS, responses=True):
    """Random weights under the card of a phantom's recipe."""
    made = make_tiny_bundle(folder, classes, threshold=None, responses=responses)
    recipe = load_recipe("phantom", [*SETTINGS, *settings]).to_json()
    return made.amend(card=ModelCard(title="tiny", training={"recipe": recipe}))


def without(bundle, folder, *off):
    """A version of a bundle with these prototypes switched off, whatever that costs."""
    return apply_edit(bundle, replace(propose_edit(bundle, off=off), feasible=True), folder)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """What the network says of a test image with the token is named as the token's class."""
    folder, classes = tmp_path_factory.mktemp("bundles"), list(FINDINGS)
    recipe = load_recipe("phantom", [*SETTINGS])
    images = phantom_samples(
        recipe.phantom_seed,
        recipe.phantom_films,
        size=recipe.phantom_size,
        shortcut=Shortcut(),
        difficulty=recipe.phantom_difficulty,
    )
    token = classes.index(Shortcut().finding)
    image = next(
        f
        for f in images
        if split_of(f.patient_id) == "test" and f.label == token and f.facts.shortcut_token
    )
    predicted = classes.index(Predictor(bundle_of(folder / "any")).predict(image.load()).label)
    classes[predicted], classes[token] = classes[token], classes[predicted]
    return bundle_of(folder / "tiny", "phantom_shortcut=true", classes=tuple(classes))


def test_the_shortcut_is_evaluated_on_images_with_its_token_without_it_and_with_it_drawn_on(
    evaluated, capsys
):
    methods = ("gradcam", "centre")
    words = ["shortcut", str(evaluated.path), "--n", "2", "--tier", "draft", "--methods", *methods]
    assert main(words) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["class"] == "consolidation" and 1 <= result["films"] <= 2
    assert 0.0 < result["area"]["value"] < 0.1
    for method in methods:
        for node in ("class", "prototype"):
            assert 0.0 <= result[f"{method} {node} energy"]["value"] <= 1.0
    assert not any(name.startswith("mdm") for name in result)
    assert result["probability"]["value"] != result["drawn_without"]["value"]
    assert result["drawn_on"]["probability"]["value"] != result["drawn_on"]["with_token"]["value"]


def test_the_prototype_that_is_the_token_is_named_beside_a_network_without_the_shortcut(
    evaluated, tmp_path, capsys
):
    other = bundle_of(tmp_path / "plain", classes=evaluated.classes)
    words = ["shortcut", str(evaluated.path), "--n", "0", "--refit", "--reference", str(other.path)]
    assert main(words) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result) == {"bundle", "class", "tier", "marker"}
    marker = result["marker"]
    assert marker["prototype"] in evaluated.prototype_ids
    assert marker["share"] == max(marker["shares"].values())
    assert 0 < marker["with_marker"] < marker["images"]
    accuracies = marker["accuracy_without_marker"]
    assert set(accuracies) == {"all_prototypes", "switched_off", "refitted", "reference"}
    gap = accuracies["reference"]["value"] - accuracies["refitted"]["value"]
    assert marker["gap_to_reference"]["value"] == pytest.approx(gap, abs=2e-4)


def test_the_fit_without_the_marker_is_that_of_the_version_that_editing_writes(
    evaluated, tmp_path, capsys
):
    assert main(["shortcut", str(evaluated.path), "--n", "0", "--refit"]) == 0
    marker = json.loads(capsys.readouterr().out)["marker"]
    edit = propose_edit(evaluated, off=[marker["prototype"]])
    head = edited_head(evaluated, marker["prototype"])
    assert np.array_equal(head, edit.head) and not np.array_equal(
        head, last_layer(evaluated).weights
    )
    version = without(evaluated, tmp_path / "version", marker["prototype"])
    assert main(["shortcut", str(version.path), "--n", "0"]) == 0
    written = json.loads(capsys.readouterr().out)["marker"]
    for part in ("accuracy_without_marker", "found_without_marker"):
        assert marker[part]["refitted"] == written[part]["all_prototypes"]


def test_a_fit_keeps_off_what_is_off_and_says_where_the_application_would_refuse_it(
    evaluated, tmp_path, caplog
):
    assert edited_head(evaluated, "p06") is not None and not caplog.text
    version = without(evaluated, tmp_path / "version", "p00", "p02", "p04")
    head = edited_head(version, "p06")
    assert head.any(axis=0).tolist() == [False, True] * 4
    assert "would not apply this. Without p00, p02, p04, p06, the loss" in caplog.text


def test_nothing_is_fitted_where_no_last_layer_can_do_without_the_prototype(
    evaluated, tmp_path, caplog
):
    version = without(evaluated, tmp_path / "version", "p01")
    assert edited_head(version, "p00") is None
    assert "not fitted again. All prototypes of 'consolidation' would be off." in caplog.text


def test_a_bundle_without_responses_is_refused_before_the_images_are_passed(
    tmp_path, monkeypatch, capsys
):
    older = bundle_of(tmp_path / "older", "phantom_shortcut=true", responses=False)
    monkeypatch.setattr("training.evaluation.shortcut.marker_images", None)
    assert main(["shortcut", str(older.path), "--n", "0", "--refit"]) == 2
    assert "python -m training responses" in capsys.readouterr().err


def test_a_reference_with_other_classes_is_refused(evaluated, tmp_path, capsys):
    other = make_tiny_bundle(tmp_path / "other", ("a", "b"), negative_class=None, threshold=None)
    words = ["shortcut", str(evaluated.path), "--n", "0", "--reference", str(other.path)]
    assert main(words) == 2
    assert "has other classes than tiny" in capsys.readouterr().err


def test_other_bundles_are_refused(tmp_path, capsys):
    plain = bundle_of(tmp_path / "plain")
    assert Bundle.load(plain.path).card.training["recipe"]["phantom_shortcut"] is False
    assert main(["shortcut", str(plain.path)]) == 2
    assert "phantom_shortcut=true" in capsys.readouterr().err
