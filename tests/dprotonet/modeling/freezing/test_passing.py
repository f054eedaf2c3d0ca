"""What a network asks of its images is determined by trying it."""

import pytest
import torch
from torch import nn

from dprotonet.modeling.freezing.passing import Passing, are_close, backward_pass, fit_passing
from dprotonet.modeling.logits import logits_of
from tests.dprotonet.modeling.networks import lively


class Small(nn.Module):
    """One convolution and the mean of each channel."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3).requires_grad_(False)

    def forward(self, x):
        return self.conv(x).mean(dim=(2, 3))


class Flattening(Small):
    def forward(self, x):
        return self.conv(x).view(len(x), -1)[:, ::40]  # needs contiguous memory


class MinusTheBatchMean(Small):
    def forward(self, x):
        y = super().forward(x)
        return y - (y.mean(dim=0) if len(y) > 1 else 0)


class WritesIntoItsInput(Small):
    def forward(self, x):
        x.mul_(2)
        return super().forward(x)


class Detached(Small):
    def forward(self, x):
        return super().forward(x.detach())


@pytest.mark.parametrize(
    ("kind", "passing"),
    [
        (Small, Passing()),
        (Flattening, Passing(channels_last=False)),
        (MinusTheBatchMean, Passing(alone=True)),
        (WritesIntoItsInput, Passing(changes_input=True)),
    ],
)
def test_images_pass_as_the_network_needs_it(kind, passing):
    x = torch.randn(2, 3, 9, 8)
    with torch.no_grad():
        expected = torch.cat([kind()(image[None].clone()) for image in x])
        network, result = fit_passing(kind().eval(), x[:1].clone(), expected[:1])
        before = x.clone()
        logits = logits_of(result(network, x))
    assert result == passing
    torch.testing.assert_close(logits, expected)
    assert torch.equal(x, before)


def test_closeness_goes_with_the_size_of_the_logits():
    logits = torch.tensor([[0.0, 99.0]])
    assert are_close(logits + 0.09, logits, 1e-3)
    assert not are_close(logits + 0.11, logits, 1e-3)
    assert not are_close(logits * float("nan"), logits, 1e-3)


def test_what_autograd_saves_grows_with_the_image_and_counts_no_weights():
    network = lively("resnet18").requires_grad_(False)
    sizes = []
    for side in (64, 128):
        saved, differentiable = backward_pass(network, Passing(), torch.randn(1, 3, side, side))
        assert differentiable
        sizes.append(saved)
    assert 3 * sizes[0] < sizes[1] < 5 * sizes[0]
    assert sizes[0] < sum(w.nbytes for w in network.parameters())


def test_a_network_that_cuts_the_gradient_off_says_so():
    assert backward_pass(Detached(), Passing(), torch.randn(1, 3, 9, 9)) == (0, False)
