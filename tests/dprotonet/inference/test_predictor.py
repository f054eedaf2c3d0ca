import math
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from dprotonet.bundle.manifest import write_manifest
from dprotonet.editing.apply import apply_edit
from dprotonet.editing.propose import propose_edit
from dprotonet.images.reader import read_image
from dprotonet.inference.intervening import intervene
from dprotonet.inference.intervention import Intervention
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.freezing import frozen
from tests.dprotonet.tiny_bundle import make_tiny_bundle, tiny_images
from tests.dprotonet.tiny_concepts import CONCEPTS, make_tiny_concept_bundle

CLASSES = ("none", "nodule", "effusion")


def decoded(pixels):
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return read_image(stream.getvalue())


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    bundle = make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "b", CLASSES, temperature=1.7)
    return Predictor(bundle)


@pytest.fixture(scope="module")
def pictures():
    return [decoded(pixels) for pixels in tiny_images(3, 2)]


def test_a_prediction_is_calibrated_and_names_its_model(predictor, pictures):
    result = predictor.predict(pictures[0])
    assert tuple(result.probabilities) == CLASSES
    logits = torch.tensor(list(result.logits.values()), dtype=torch.float64)
    expected = torch.softmax(logits / 1.7, dim=0)
    assert list(result.probabilities.values()) == pytest.approx(expected.tolist())
    assert result.bundle == predictor.bundle.digest and result.threshold == 0.5
    assert 0 < result.seconds < 60


def test_the_contributions_of_all_prototypes_sum_to_the_predicted_logit(predictor, pictures):
    for result in predictor.predict_many(pictures):
        assert len(result.matches) == 6
        assert math.fsum(m.contribution for m in result.matches) == result.logits[result.label]
        sizes = [abs(match.contribution) for match in result.matches]
        assert sizes == sorted(sizes, reverse=True)


def test_the_evidence_sums_to_the_label_s_logit_less_that_of_the_next_class(predictor, pictures):
    for result in predictor.predict_many(pictures):
        others = {name: v for name, v in result.logits.items() if name != result.label}
        assert result.runner_up == max(others, key=others.get)
        against = math.fsum(match.against for match in result.matches)
        assert against == result.logits[result.runner_up]
        total = math.fsum(match.evidence for match in result.matches)
        assert total == pytest.approx(result.evidence, abs=1e-12)


def test_a_prediction_keeps_the_own_maps_of_what_speaks_most(predictor, pictures):
    x, _ = predictor.bundle.preprocessing(pictures[0])
    result = predictor.predict(pictures[0])
    with torch.no_grad():
        masks = predictor.model(x[None]).masks[0]
    masks = dict(zip(predictor.bundle.prototype_ids, masks, strict=True))
    assert all(match.own_map is not None for match in result.matches)  # there are fewer than 12
    for match in result.matches:
        mask = masks[match.prototype]
        expected = (mask / mask.max() * 255).numpy()
        assert np.abs(match.own_map.values - expected).max() <= 2
    assert Prediction.from_json(result.to_json()) == result


def test_matches_are_what_the_network_says_of_the_same_input(predictor, pictures):
    x, _ = predictor.bundle.preprocessing(pictures[1])
    result = predictor.predict(pictures[1])
    with torch.no_grad():
        plain = predictor.model(x[None])
    similarities = dict(zip(predictor.bundle.prototype_ids, plain.similarities[0], strict=True))
    for match in result.matches:
        assert match.similarity == pytest.approx(float(similarities[match.prototype]), abs=1e-4)
    assert list(result.logits.values()) == pytest.approx(plain.logits[0].tolist(), abs=1e-3)
    assert result.closest_similarity == max(match.similarity for match in result.matches)


def test_an_image_among_others_is_predicted_as_when_alone(predictor, pictures):
    alone = predictor.predict(pictures[3])
    among = list(predictor.predict_many(pictures))[3]
    assert among.logits == alone.logits and among.matches == alone.matches


def test_many_images_are_taken_one_at_a_time(predictor, pictures):
    taken = []
    answers = predictor.predict_many(taken.append(i) or f for i, f in enumerate(pictures))
    assert taken == []
    next(answers)
    assert taken == [0]


def test_gray_and_colour_files_of_the_same_picture_are_predicted_alike(predictor):
    gray = tiny_images(3, 1)[0]
    colour = np.repeat(gray[:, :, None], 3, axis=2)
    first, second = predictor.predict(decoded(gray)), predictor.predict(decoded(colour))
    assert list(first.logits.values()) == pytest.approx(list(second.logits.values()), abs=1e-4)


def test_below_the_training_images_closeness_no_prototype_is_close(tmp_path, pictures):
    from dataclasses import replace

    from dprotonet.bundle.bundle import Bundle

    bundle = make_tiny_bundle(tmp_path / "b", CLASSES, pictures=False)
    known = Predictor(bundle).predict(pictures[0])
    assert not known.no_prototype_is_close
    strict = replace(bundle.manifest, closest_similarity_floor=known.closest_similarity + 1e-6)
    write_manifest(bundle.path, strict)
    assert Predictor(Bundle.load(bundle.path)).predict(pictures[0]).no_prototype_is_close


def test_a_threshold_turns_the_label_and_nothing_else(tmp_path, pictures):
    bundle = make_tiny_bundle(tmp_path / "b", CLASSES, pictures=False)
    labels = {}
    for threshold in (0.0, 1.0):
        changed = Predictor(bundle.amend(threshold=threshold))
        result = changed.predict(pictures[0])
        labels[threshold] = result.label
        others = {name: p for name, p in result.probabilities.items() if name != "none"}
        assert result.label == ("none" if threshold else max(others, key=others.get))
        assert math.fsum(m.contribution for m in result.matches) == result.logits[result.label]
    assert labels[0.0] != labels[1.0]


@pytest.mark.parametrize("masks", ["learned", "random"])
def test_log_similarity_and_the_other_masks_predict_too(tmp_path, pictures, masks):
    bundle = make_tiny_bundle(tmp_path / "b", CLASSES, masks=masks, similarity="log")
    result = Predictor(bundle).predict(pictures[0])
    assert math.fsum(m.contribution for m in result.matches) == result.logits[result.label]
    assert Prediction.from_json(result.to_json()) == result


def test_heatmaps_are_made_with_the_network_that_predicts_and_no_weight_is_read_again(
    predictor, pictures, monkeypatch
):
    monkeypatch.setattr(frozen, "_checksums", None)
    x, _ = predictor.bundle.preprocessing(pictures[0])
    network = frozen.freeze(predictor.model, x[None])
    assert network.folded is predictor.network
    assert frozen.freeze(predictor.model, x[None] + 1.0) is network
    assert predictor.predict(pictures[0]).logits == predictor.predict_tensor(x).logits


def test_a_network_with_concepts_says_what_each_adds_and_where(tmp_path, pictures):
    predictor = Predictor(make_tiny_concept_bundle(tmp_path / "b"))
    prediction = predictor.predict(pictures[0])
    by_name = {match.prototype: match for match in prediction.matches}
    assert math.isclose(
        math.fsum(match.contribution for match in prediction.matches),
        prediction.logits[prediction.label],
    )
    assert [by_name[name].kind for name in CONCEPTS] == ["concept", "concept"]
    assert by_name[CONCEPTS[0]].node == f"concept:{CONCEPTS[0]}"
    assert by_name["other (none)"].node == "" and by_name["other (none)"].own_map is None
    assert any(by_name[name].own_map for name in CONCEPTS)
    assert not prediction.no_prototype_is_close
    assert Prediction.from_json(prediction.to_json()) == prediction


def test_the_decoder_explains_an_axis(tmp_path, pictures):
    predictor = Predictor(make_tiny_concept_bundle(tmp_path / "b"))
    explanation = predictor.explain(pictures[0], f"concept:{CONCEPTS[0]}", tier="instant")
    assert explanation.node == f"concept:{CONCEPTS[0]}"
    assert explanation.heatmap.shape == (64, 64) and explanation.heatmap.max() > 0


def test_an_axis_that_is_switched_off_speaks_for_nothing(tmp_path, pictures):
    predictor = Predictor(make_tiny_concept_bundle(tmp_path / "b"))
    before = predictor.predict(pictures[0])
    result = intervene(predictor, pictures[0], Intervention(off=(CONCEPTS[0],)))
    own = next(match for match in before.matches if match.prototype == CONCEPTS[0])
    assert own.contribution != 0
    assert result.logits[before.label] == pytest.approx(
        before.logits[before.label] - own.contribution
    )


def test_an_axis_is_switched_off_for_good_in_a_bundle_of_its_own(tmp_path, pictures):
    bundle = make_tiny_concept_bundle(tmp_path / "b")
    edit = propose_edit(bundle, off=[CONCEPTS[0]], tolerance=10.0)
    edited = apply_edit(bundle, edit, tmp_path / "edited")
    assert edited.off == (CONCEPTS[0],) and edited.manifest.to_json()["format"] == 5
    match = next(
        match
        for match in Predictor(edited).predict(pictures[0]).matches
        if match.prototype == CONCEPTS[0]
    )
    assert match.contribution == 0 and match.similarity != 0
