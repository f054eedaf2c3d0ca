import pytest
import torch

from dprotonet.errors import WrongRequest
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import ClassNode, ConceptNode, PrototypeNode, VectorNode
from tests.dprotonet.explain.toys import PatchPrototypes, ToyInference, toy_image
from tests.dprotonet.tiny_bundle import network_input, tiny_images
from tests.dprotonet.tiny_concepts import tiny_concept_model, tiny_concept_net

LOGITS = torch.tensor([[1.0, 3.0, -2.0], [0.0, 0.0, 0.0]])


def test_class_values_come_on_the_scale_asked_for():
    node = [ClassNode(1)]
    probability = node_values(LOGITS, node)[:, 0]
    odds = node_values(LOGITS, node, class_scale="log_odds")[:, 0]
    torch.testing.assert_close(probability, LOGITS.softmax(1)[:, 1])
    torch.testing.assert_close(odds, torch.logit(probability))
    assert node_values(LOGITS, node, class_scale="logit")[0, 0] == 3


def test_the_temperature_calibrates_probabilities():
    hot = node_values(LOGITS, [ClassNode(1)], temperature=2.0)
    torch.testing.assert_close(hot[:, 0], (LOGITS / 2).softmax(1)[:, 1])


def test_one_logit_is_read_as_a_sigmoid():
    assert node_values(torch.zeros(1, 1), [ClassNode(0)]).item() == 0.5


def test_prototype_and_vector_nodes_are_read_from_a_prototype_network():
    output = PatchPrototypes()(toy_image(rows=(4, 4))[None])
    values = node_values(
        output, [PrototypeNode(0), PrototypeNode(1), VectorNode(1)], own=output.vectors[:1]
    )
    assert values[0, 0] > 0.9 > 0.2 > values[0, 1]
    assert values[0, 2].item() == pytest.approx(1.0)


def test_a_vector_node_compares_with_the_whole_image_however_small_the_vector():
    vectors = torch.tensor([[[1e-9, 0.0]], [[0.0, 1e-9]], [[1e-9, 1e-9]]])
    output = ToyInference(torch.zeros(3, 1), torch.zeros(3, 1), vectors)
    values = node_values(output, [VectorNode(0)], own=output.vectors[:1])[:, 0]
    torch.testing.assert_close(values, torch.tensor([1.0, 0.0, 0.5**0.5]))


def test_what_a_network_lacks_is_said():
    with pytest.raises(WrongRequest, match="no prototypes"):
        node_values(LOGITS, [PrototypeNode(0)])
    with pytest.raises(WrongRequest, match="3 classes"):
        node_values(LOGITS, [ClassNode(3)])


@pytest.mark.parametrize("network", [tiny_concept_net, tiny_concept_model])
def test_a_concept_node_is_the_activation_of_its_axis(network):
    with torch.inference_mode():
        said = network()(network_input(tiny_images(2)))
    values = node_values(said, [ConceptNode(1), ClassNode(0)])
    torch.testing.assert_close(values[:, 0], said.activations[:, 1])
    with pytest.raises(WrongRequest, match="no concepts"):
        node_values(LOGITS, [ConceptNode(0)])
