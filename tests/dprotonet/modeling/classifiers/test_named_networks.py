import pytest
import torch

from dprotonet.errors import WrongRequest
from dprotonet.modeling.classifiers.named_networks import MONAI_NETWORKS, named_network
from dprotonet.modeling.classifiers.options import ClassifierOptions


def options(source, architecture, **others):
    return ClassifierOptions(
        classes=("a", "b", "c"), source=source, architecture=architecture, **others
    )


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "googlenet"])
def test_a_network_of_torchvision_gives_a_number_for_each_class(name):
    network = named_network(options("torchvision", name)).eval()
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 3)


@pytest.mark.parametrize("name", ["resnet10", "DenseNet121", "efficientnet-b0"])
def test_a_network_of_monai_takes_one_channel(name):
    network = named_network(options("monai", name, colour=False)).eval()
    assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 3)


def test_every_family_of_monai_has_a_network_by_each_of_its_names():
    from monai.networks import nets

    named = [name for name in MONAI_NETWORKS if not name.startswith("efficientnet")]
    assert [name for name in named if not hasattr(nets, name)] == []


@pytest.mark.parametrize("source", ["torchvision", "monai"])
def test_an_unknown_name_is_answered_with_those_that_there_are(source):
    with pytest.raises(WrongRequest, match=r"Choose one of: .*resnet50"):
        named_network(options(source, "resnet19"))


def test_torchvision_is_not_asked_for_a_grey_network():
    with pytest.raises(WrongRequest, match="--grey"):
        named_network(options("torchvision", "resnet18", colour=False))
