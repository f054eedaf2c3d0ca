import math

import pytest
import torch

from dprotonet.modeling.losses import LossWeights, prototype_loss, within_class_overlap
from dprotonet.modeling.model import Inference, build_model
from dprotonet.modeling.options import ModelOptions


@pytest.fixture
def model():
    options = ModelOptions(("a", "b"), prototypes_per_class=(2, 1), depth=4, image_size=32)
    return build_model(options)


def inference(model, similarities):
    similarities = torch.tensor(similarities)
    logits = model.contributions(similarities).sum(dim=-1)
    count = len(similarities)
    return Inference(logits, similarities, torch.zeros(count, 3, 4), torch.ones(count, 3, 1, 1))


def test_terms_are_what_their_names_say(model):
    result = inference(model, [[0.9, 0.2, 0.1], [0.3, 0.4, 0.8]])
    terms = prototype_loss(result, torch.tensor([0, 1]), model)
    # Distance to the closest prototype of the own class, and of the other one.
    assert terms["cluster"].item() == pytest.approx((0.1 + 0.2) / 2)
    assert terms["separation"].item() == pytest.approx((0.9 + 0.6) / 2)
    assert terms["l1"].item() == pytest.approx(3 * 0.5)
    entropy = torch.nn.functional.cross_entropy(result.logits, torch.tensor([0, 1]))
    total = entropy + 0.8 * terms["cluster"] - 0.08 * terms["separation"] + 1e-4 * 1.5
    assert terms["total"].item() == pytest.approx(total.item())


def test_weights_choose_the_terms(model):
    result = inference(model, [[0.9, 0.2, 0.1]])
    only = LossWeights(cross_entropy=0, cluster=2, separation=0, l1=0)
    terms = prototype_loss(result, torch.tensor([0]), model, only)
    assert terms["total"].item() == pytest.approx(0.2)


def test_a_class_weight_counts_its_class_more(model):
    result = inference(model, [[0.9, 0.2, 0.1], [0.9, 0.2, 0.1]])
    labels = torch.tensor([0, 1])
    plain = prototype_loss(result, labels, model)["cross_entropy"]
    heavy = prototype_loss(result, labels, model, class_weights=torch.tensor([1.0, 9.0]))
    assert heavy["cross_entropy"] > plain


def test_under_log_similarity_the_squared_distance_is_drawn_down():
    options = ModelOptions(("a", "b"), prototypes_per_class=1, depth=4, similarity="log")
    model = build_model(options)
    vectors = (model.prototypes + torch.tensor([[1.0], [2.0]])).detach()[None]
    result = Inference(
        torch.zeros(1, 2), model.similarity(vectors), vectors, torch.ones(1, 2, 1, 1)
    )
    terms = prototype_loss(result, torch.tensor([0]), model)
    assert terms["cluster"].item() == pytest.approx(4.0, rel=1e-5)
    assert terms["separation"].item() == pytest.approx(16.0, rel=1e-5)


def test_a_step_down_the_loss_separates_the_classes():
    torch.manual_seed(0)
    options = ModelOptions(("a", "b"), prototypes_per_class=2, depth=8, image_size=64)
    model = build_model(options)
    images = torch.randn(8, 3, 64, 64)
    images[::2] += 1.0
    labels = torch.arange(8) % 2
    steps = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(8):
        steps.zero_grad()
        loss = prototype_loss(model(images), labels, model)["total"]
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_orthogonality_counts_pairs_of_one_class_alone():
    prototypes = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    overlap = within_class_overlap(prototypes, torch.tensor([0, 0, 1]))
    assert overlap.item() == pytest.approx(0.5)  # cos² of 45 degrees
    assert within_class_overlap(prototypes[:1], torch.tensor([0])).item() == 0.0


def test_ranking_falls_as_images_of_the_own_class_come_first(model):
    labels = torch.tensor([0, 1])
    right = prototype_loss(inference(model, [[0.9, 0.9, 0.1], [0.1, 0.1, 0.9]]), labels, model)
    wrong = prototype_loss(inference(model, [[0.1, 0.1, 0.9], [0.9, 0.9, 0.1]]), labels, model)
    even = prototype_loss(inference(model, [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]), labels, model)
    assert right["ranking"] < 0.01 < even["ranking"] < wrong["ranking"]
    assert even["ranking"].item() == pytest.approx(math.log(2.0))


def test_a_batch_of_one_class_has_no_order_to_be_wrong(model):
    terms = prototype_loss(inference(model, [[0.9, 0.2, 0.1]]), torch.tensor([0]), model)
    assert terms["ranking"].item() == 0.0
