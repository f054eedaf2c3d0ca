"""What prototypes add to the logits of every class, from a stored prediction without a network."""

import math
from pathlib import Path

import pytest

from app.services.adapters.last_layer import contributions_of
from dprotonet.bundle.bundle import Bundle
from dprotonet.images.reader import read_image
from dprotonet.inference.decision import DecisionRule
from dprotonet.inference.intervening import intervene
from dprotonet.inference.intervention import Intervention, result_of
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.predictor import Predictor
from tests.app.services.workplaces import png
from tests.dprotonet.tiny_bundle import make_tiny_bundle


@pytest.mark.parametrize("classes", [("none", "finding"), ("none", "mass", "edema", "nodule")])
def test_a_stored_prediction_answers_as_the_network_does(
    tmp_path: Path, classes: tuple[str, ...]
) -> None:
    folder = make_tiny_bundle(tmp_path / "b", classes, temperature=1.7).path
    predictor, image = Predictor(Bundle.load(folder)), read_image(png(1, side=64))
    stored = Prediction.from_json(predictor.predict(image).to_json())
    bundle = Bundle.load(folder, with_model=False)
    contributions = contributions_of(bundle, stored)
    assert list(contributions) == list(classes)
    for name, row in contributions.items():
        assert math.fsum(row.values()) == pytest.approx(stored.logits[name], abs=1e-6)
    for off in ((), bundle.prototype_ids[:1], bundle.prototype_ids[1:4], bundle.prototype_ids):
        here = result_of(stored, contributions, DecisionRule.of(bundle), off=off)
        there = intervene(predictor, image, Intervention(off))
        assert here.label == there.label
        assert here.probabilities == pytest.approx(there.probabilities, abs=1e-6)
        assert here.evidence == there.evidence  # of its own two classes all is stored


def test_the_last_layer_is_read_once_and_not_at_all_where_the_prediction_says_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = {}
    for number in (2, 3):
        classes = ("none", "mass", "edema")[:number]
        made = make_tiny_bundle(tmp_path / f"b{number}", classes)
        predictions[number] = made, Predictor(made).predict(read_image(png(1, side=64)))
    reads = []
    monkeypatch.setattr("dprotonet.editing.head.checked_weights", lambda *what: reads.append(what))
    contributions_of(*predictions[2])
    assert reads == []
    monkeypatch.undo()
    first = contributions_of(*predictions[3])
    monkeypatch.setattr("dprotonet.editing.head.checked_weights", lambda *what: reads.append(what))
    assert contributions_of(*predictions[3]) == first and reads == []
