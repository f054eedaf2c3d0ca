import pytest
import torch
from torchvision import models

from dprotonet.errors import UnusableBundle
from dprotonet.modeling.classifiers.classifier import Classifier, classifier_with
from dprotonet.modeling.classifiers.options import ClassifierOptions

OPTIONS = ClassifierOptions(("a", "b", "c"), "torchvision", "resnet18")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.resnet18(num_classes=3).eval()


def test_weights_of_a_named_network_give_its_logits(network):
    x = torch.randn(2, 3, 64, 64)
    assert torch.equal(classifier_with(OPTIONS, network.state_dict())(x), network(x))


def test_keys_of_a_wrapped_network_fit_too(network):
    wrapped = {f"module.{key}": value for key, value in network.state_dict().items()}
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(classifier_with(OPTIONS, wrapped)(x), network(x))


def test_another_number_of_classes_is_said_with_both_shapes(network):
    options = ClassifierOptions(("a", "b"), "torchvision", "resnet18")
    with pytest.raises(UnusableBundle, match=r"fc.weight \(3, 512\) instead of \(2, 512\)"):
        classifier_with(options, network.state_dict())


@pytest.mark.parametrize(("change", "says"), [("lack", "lack conv1"), ("unknown", "unknown more")])
def test_weights_of_another_network_are_refused(network, change, says):
    state = dict(network.state_dict())
    if change == "lack":
        del state["conv1.weight"]
    else:
        state["more"] = torch.zeros(1)
    with pytest.raises(UnusableBundle, match=says):
        classifier_with(OPTIONS, state)


class OneNumber(torch.nn.Module):
    def forward(self, x):
        return x.mean(dim=(1, 2, 3)).unsqueeze(1)


def test_one_logit_gives_its_sigmoid_as_the_second_class():
    options = ClassifierOptions(("a", "b"), "onnx", "one", single_logit=True)
    x = torch.randn(4, 3, 8, 8)
    logits = Classifier(options, OneNumber())(x)
    second = logits.softmax(dim=1)[:, 1]
    torch.testing.assert_close(second, x.mean(dim=(1, 2, 3)).sigmoid())


def test_a_grey_network_sees_the_mean_of_the_channels():
    options = ClassifierOptions(("a", "b"), "onnx", "one", single_logit=True, colour=False)
    seen = []
    network = OneNumber()
    network.register_forward_pre_hook(lambda _module, args: seen.append(args[0]))
    x = torch.randn(2, 3, 8, 8)
    Classifier(options, network)(x)
    torch.testing.assert_close(seen[0], x.mean(dim=1, keepdim=True))
