"""Networks whose classes do not exclude each other, from the loss to the bundle."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.parts import BundleParts
from dprotonet.bundle.writer import save_bundle
from dprotonet.errors import UnusableBundle
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.image import class_node, parse_nodes
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import TIERS
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.losses import classification_loss, prototype_loss
from dprotonet.modeling.model import build_model
from dprotonet.modeling.options import ModelOptions
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.feature_pass import PrototypeBatch
from dprotonet.prototypes.update import update_prototypes
from tests.dprotonet.tiny_bundle import SIZE, network_input, tiny_images, tiny_model

CLASSES = ("mass", "edema", "nodule")
# The last image has none of the classes, the one before it all of them.
LABELS = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]]).bool()
THRESHOLDS = {"mass": 0.4, "edema": 0.5, "nodule": 0.6}
OFFSETS = {"mass": 0.0, "edema": -1.0, "nodule": 0.5}


@pytest.fixture(scope="module")
def model():
    return tiny_model(
        ModelOptions(
            classes=CLASSES, prototypes_per_class=2, depth=16, image_size=SIZE, multi_label=True
        )
    )


@pytest.fixture(scope="module")
def images():
    return network_input(tiny_images(3, 2))


def batches(images, order=range(6), size=2):
    order = list(order)
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield PrototypeBatch(
            images[rows], LABELS[rows], [f"s{r}" for r in rows], [f"{r:064x}" for r in rows]
        )


def test_at_first_a_prototype_speaks_for_its_own_class_alone():
    fresh = build_model(ModelOptions(classes=CLASSES, prototypes_per_class=2, multi_label=True))
    own = functional.one_hot(fresh.prototype_class, 3).T.float()
    assert torch.equal(fresh.head.weight, own)


def test_the_loss_is_the_mean_binary_cross_entropy(model, images):
    logits = model(images).logits
    expected = functional.binary_cross_entropy(logits.sigmoid(), LABELS.float())
    assert classification_loss(logits, LABELS).item() == pytest.approx(expected.item(), rel=1e-5)


def test_images_without_or_with_every_class_leave_a_term_out_and_not_the_loss(model, images):
    result = model(images)
    terms = prototype_loss(result, LABELS, model)
    distance = 1 - result.similarities
    own = LABELS[:, model.prototype_class]
    near = [distance[i][own[i]].min().item() for i in range(5)]
    far = [distance[i][~own[i]].min().item() for i in (0, 1, 2, 3, 5)]
    assert terms["cluster"].item() == pytest.approx(np.mean(near), rel=1e-5)
    assert terms["separation"].item() == pytest.approx(np.mean(far), rel=1e-5)
    nothing = prototype_loss(result, torch.zeros_like(LABELS), model)
    assert nothing["cluster"].item() == 0.0 and math.isfinite(nothing["total"].item())


@pytest.mark.parametrize("kind", ["top_m_mean", "weighted", "kmeans", "nearest"])
def test_prototypes_come_from_images_that_have_their_class_whatever_the_order(model, images, kind):
    one = update_prototypes(model, batches(images), kind=kind, m=2)
    two = update_prototypes(model, batches(images, (5, 4, 3, 2, 1, 0), 3), kind=kind, m=2)
    assert torch.equal(one.prototypes, two.prototypes)
    for k, sources in zip(model.options.prototype_classes, one.sources, strict=True):
        assert all(LABELS[int(s.sample_id[1:]), k] for s in sources)


def test_a_moving_mean_moves_a_prototype_of_every_class_that_an_image_has(model, images):
    result = update_prototypes(model, batches(images), kind="ema", m=9)
    came = [s.sample_id for sources in result.sources for s in sources]
    assert (came.count("s4"), came.count("s5"), came.count("s1")) == (3, 0, 2)


def test_labels_of_another_number_of_classes_are_refused(model, images):
    batch = PrototypeBatch(images[:1], torch.ones(1, 2).bool(), ["a"], ["0" * 64])
    with pytest.raises(ValueError, match="3 columns"):
        update_prototypes(model, [batch])


@pytest.fixture(scope="module")
def bundle(model, images, tmp_path_factory):
    update = update_prototypes(model, batches(images))
    update.apply_to(model)
    return save_bundle(
        tmp_path_factory.mktemp("bundle") / "together",
        BundleParts(
            name="together",
            model=model,
            preprocessing=Preprocessing(SIZE),
            update=update,
            statistics=activation_statistics(model, batches(images)),
            card=ModelCard(title="Several findings"),
            temperature=2.0,
            thresholds=THRESHOLDS,
            offsets=OFFSETS,
        ),
    )


def test_a_bundle_keeps_its_thresholds_and_predicts_by_sigmoids(bundle, images):
    again = Bundle.load(bundle.path)
    assert (again.thresholds, again.offsets) == (THRESHOLDS, OFFSETS)
    assert again.options.multi_label
    prediction = Predictor(again).predict_tensor(images[0])
    for name, logit in prediction.logits.items():
        assert prediction.probabilities[name] == pytest.approx(
            1 / (1 + math.exp(-logit / 2 - OFFSETS[name]))
        )
    assert set(prediction.called) == {
        n for n in CLASSES if prediction.probabilities[n] >= THRESHOLDS[n]
    }
    total = math.fsum(match.contribution for match in prediction.matches)
    assert total == pytest.approx(prediction.logits[prediction.leading])


def test_a_bundle_without_a_threshold_for_each_class_is_refused(bundle, model, images, tmp_path):
    update = update_prototypes(model, batches(images))
    for thresholds in (None, {"mass": 0.5}):
        with pytest.raises((ValueError, UnusableBundle), match="threshold"):
            save_bundle(
                tmp_path / "wrong",
                BundleParts(
                    name="wrong",
                    model=model,
                    preprocessing=Preprocessing(SIZE),
                    update=update,
                    statistics=activation_statistics(model, batches(images)),
                    card=ModelCard(title="x"),
                    thresholds=thresholds,
                    offsets=OFFSETS,
                ),
            )


def test_a_class_node_is_read_by_its_own_sigmoid(model, images):
    result = model(images[:2])
    node = [ClassNode(1, "edema", offset=-1.0)]
    values = node_values(result, node, temperature=2.0, multi_label=True)
    assert torch.allclose(values[:, 0], (result.logits[:, 1] / 2 - 1).sigmoid())
    odds = node_values(result, node, class_scale="log_odds", multi_label=True)
    assert torch.allclose(odds[:, 0], result.logits[:, 1] - 1)
    logit = node_values(result, node, class_scale="logit", multi_label=True)
    assert torch.allclose(logit[:, 0], result.logits[:, 1])


def test_an_image_s_explanation_starts_at_the_probability_that_was_said(bundle, images):
    predictor = Predictor(bundle)
    prediction = predictor.predict_tensor(images[0])
    node = parse_nodes(predictor, images[0], ["class"])
    assert node == [class_node(bundle, prediction.leading)]
    settings = replace(TIERS["draft"], class_scale="probability")
    result = METHODS["centre"](
        predictor.model, images[0], node, settings=settings, temperature=bundle.temperature
    )[0]
    assert result.value_before == pytest.approx(prediction.probability, abs=1e-5)


def test_names_that_could_not_be_told_apart_once_joined_are_refused():
    for names in (("a + b", "c"), ("none called", "c")):
        with pytest.raises(ValueError, match="of a multi-label model cannot have"):
            ModelOptions(classes=names, multi_label=True)


def test_options_of_one_class_each_are_written_as_they_always_were():
    assert "multi_label" not in ModelOptions(classes=("a", "b")).to_json()
    options = ModelOptions(classes=("a", "b"), multi_label=True)
    assert ModelOptions.from_json(options.to_json()) == options
