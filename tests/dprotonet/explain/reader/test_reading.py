from types import SimpleNamespace

import pytest
import torch
import torchvision

from dprotonet.explain.nodes import ClassNode, ConceptNode, PrototypeNode, VectorNode
from dprotonet.explain.reader.reading import (
    all_nodes,
    node_maps,
    own_reader,
    places,
    reads,
    watched_pass,
)
from dprotonet.modeling.freezing.frozen import freeze
from dprotonet.modeling.reader.mask_reader import build_reader, node_queries
from dprotonet.modeling.reader.options import ReaderOptions
from dprotonet.modeling.reader.stages import find_stages
from tests.dprotonet.modeling.networks import lively


def reader_of(stages, **changes):
    return build_reader(ReaderOptions(stages, 8, 16, 0, classes=3, **changes))


@pytest.fixture(scope="module")
def model():
    return lively("resnet18")


def test_the_maps_of_chosen_nodes_are_those_of_all(model):
    x = torch.randn(2, 3, 64, 64)
    frozen = freeze(model, x[:1], "float32")
    reader = reader_of(find_stages(model, x[:1], frozen.exact), prototypes=2)
    output, features = watched_pass(frozen, reader.stage_names, x, exact=True)
    torch.testing.assert_close(output, model(x), rtol=1e-3, atol=1e-3)
    given = dict(zip(reader.stage_names, features, strict=True))
    nodes = [PrototypeNode(1), ClassNode(2), ClassNode(-1)]
    chosen = node_maps(reader, frozen.exact, given, nodes)
    everything = reader(features, node_queries(reader, model)).detach()
    torch.testing.assert_close(chosen, everything[:, [4, 2, 2]])
    assert not chosen.requires_grad


def test_images_that_pass_alone_are_read_all_the_same():
    class Alone(torch.nn.Module):
        """Its logits depend on the other images of a batch."""

        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.net = torchvision.models.resnet18(weights=None, num_classes=3).eval()

        def forward(self, x):
            return self.net(x) + x.mean()

    model, x = Alone().eval(), torch.randn(2, 3, 64, 64)
    frozen = freeze(model, x[:1], "float32")
    assert frozen.passing.alone
    names = ["net.layer2", "net.layer4"]
    _, together = watched_pass(frozen, names, x)
    _, alone = watched_pass(frozen, names, x[1:])
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one[1:], other, rtol=1e-3, atol=1e-3)


def test_a_reader_marks_classes_and_prototypes_and_no_vector(model):
    reader = reader_of(find_stages(model, torch.randn(1, 3, 64, 64)))
    assert reads(reader, [ClassNode(0), PrototypeNode(1)])
    assert not reads(reader, [ClassNode(0), VectorNode(1)])
    assert not reads(None, [ClassNode(0)])


def test_the_nodes_of_a_network_stand_in_the_order_of_its_queries(model):
    def given(**more):
        return SimpleNamespace(logits=torch.zeros(1, 3), **more)

    reader = reader_of(find_stages(model, torch.randn(1, 3, 64, 64)))
    assert all_nodes(torch.zeros(1, 3)) == [ClassNode(index) for index in range(3)]
    prototypes = all_nodes(given(similarities=torch.zeros(1, 2)))
    assert prototypes[3:] == [PrototypeNode(0), PrototypeNode(1)]
    # Of five numbers two are of concepts; what is no concept has no map.
    concepts = all_nodes(given(similarities=torch.zeros(1, 5), activations=torch.zeros(1, 2)))
    assert concepts[3:] == [ConceptNode(0), ConceptNode(1)]
    assert places(reader, prototypes) == places(reader, concepts) == [0, 1, 2, 3, 4]


def test_a_network_without_a_reader_has_none(model):
    assert own_reader(model) is None
