import pytest
import torch

from dprotonet.modeling.concepts.finished import finished
from tests.dprotonet.tiny_bundle import network_input, tiny_images
from tests.dprotonet.tiny_concepts import CONCEPTS, tiny_concept_model, tiny_concept_net


@pytest.mark.parametrize("mode", ["mean", "max", "positive_mean", "max_pool"])
def test_a_finished_network_says_what_the_trained_one_says(mode):
    network = tiny_concept_net(activation=mode)
    images = network_input(tiny_images(2))
    with torch.inference_mode():
        trained = network(images)
        said = finished(network, torch.tensor([0.7, -0.3]))(images)
    assert torch.allclose(said.logits, trained.logits, atol=1e-4)
    assert torch.allclose(said.activations, trained.activations[:, :2], atol=1e-4)


def test_an_axis_that_is_off_has_its_level_in_every_image():
    model, network = tiny_concept_model(), tiny_concept_net()
    images = network_input(tiny_images(2))
    with torch.inference_mode():
        contributions = model.contributions(model(images).similarities)
        activations = network(images).activations.clone()
        activations[:, 1] = model.level[1]
        expected = network.head(activations)
        contributions[:, :, 1] = 0.0
    assert torch.allclose(contributions.sum(dim=-1), expected, atol=1e-4)


def test_each_concept_belongs_to_the_class_that_its_axis_raises_most():
    model = tiny_concept_model()
    assert model.prototype_ids == (*CONCEPTS, "other (none)", "other (finding)")
    raised = model.head.weight[:, :2].argmax(dim=0).tolist()
    assert model.options.prototype_classes == (*raised, 0, 1)


def test_where_an_axis_is_active_is_shown_and_what_is_no_concept_has_no_place():
    with torch.inference_mode():
        said = tiny_concept_model()(network_input(tiny_images(2)))
    assert said.masks.shape == (8, 4, 2, 2)
    assert said.masks[:, :2].max() > 0 and not said.masks[:, 2:].any()


def test_its_tensors_are_hashed_by_the_parts_of_a_network_with_prototypes():
    model = tiny_concept_model()
    before = model.part_digests()
    with torch.no_grad():
        model.level.add_(1.0)
    after = model.part_digests()
    assert {part for part in before if before[part] != after[part]} == {"prototypes"}
