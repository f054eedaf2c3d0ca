"""Cells without mean and correlation, turned so that axis j is concept j.

Source: Chen, Bei & Rudin 2020, "Concept Whitening for Interpretable Image Recognition", sections
3.1 and 3.2, and its released code; the iterations are those of Huang et al. 2019, "Iterative
Normalization". Letters: N batch, C channels, h w the grid.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.cell_norm import inverse_root

EPSILON = 1e-5  # added to all variances
ITERATIONS = 10  # of Newton's method
MOMENTUM = 0.05  # of the running statistics, a batch


class Statistics(NamedTuple):
    """What one batch says.

    Attributes:
        mean: ``(C,)``.
        matrix: ``(C, C)``, whitens what is ``mean`` apart.
        shrinkage: in [0, 1], the share of the covariance that was replaced by equal variances.
    """

    mean: Tensor
    matrix: Tensor
    shrinkage: float


class ConceptWhitening(nn.Module):
    """Takes a batch norm's place: whitens, and turns the result, and scales and shifts nothing.

    In training the batch's own statistics count, in eval mode the running ones.

    Args:
        channels: C.
        iterations: of Newton's method.
    """

    mean: Tensor
    matrix: Tensor
    rotation: Tensor
    shrinkage: Tensor

    def __init__(self, channels: int, *, iterations: int = ITERATIONS) -> None:
        super().__init__()
        self.iterations = iterations
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("matrix", torch.eye(channels))
        self.register_buffer("rotation", torch.eye(channels))
        self.register_buffer("shrinkage", torch.zeros(()), persistent=False)  # of the last batch

    def forward(self, features: Tensor) -> Tensor:
        """``(N, C, h, w)`` to the same shape; channel j is the axis of concept j.

        Always in 32 bit: an inverse root of 16 bits is none.
        """
        with torch.autocast(features.device.type, enabled=False):
            return self._turned(features.float())

    def _turned(self, features: Tensor) -> Tensor:
        if self.training:
            mean, matrix, shrinkage = statistics(features, iterations=self.iterations)
            with torch.no_grad():
                self.mean.lerp_(mean, MOMENTUM)
                self.matrix.lerp_(matrix, MOMENTUM)
                self.shrinkage.fill_(shrinkage)
        else:
            mean, matrix = self.mean, self.matrix
        return _linear(features, self.rotation @ matrix, mean)

    def whitened(self, features: Tensor) -> Tensor:
        """By the running statistics, not turned yet: what the rotation is learned from."""
        return _linear(features, self.matrix, self.mean)

    def as_convolution(self) -> nn.Conv2d:
        """The same as one 1×1 convolution, by the running statistics."""
        weight = self.rotation @ self.matrix
        layer = nn.Conv2d(len(self.mean), len(self.mean), kernel_size=1)
        with torch.no_grad():
            layer.weight.copy_(weight[:, :, None, None])
            assert layer.bias is not None
            layer.bias.copy_(-weight @ self.mean)
        return layer


def statistics(features: Tensor, *, iterations: int = ITERATIONS) -> Statistics:
    """Mean and whitening matrix of a batch ``(N, C, h, w)``.

    Where there are fewer than 2 C cells the covariance is nearly singular, and its inverse root
    would be noise: it is shrunk towards equal variances by as much as Chen et al. 2010, "Shrinkage
    Algorithms for MMSE Covariance Estimation", equation 23 (OAS), say. The share is returned.
    """
    cells = features.transpose(0, 1).flatten(1)
    channels, count = cells.shape
    mean = cells.mean(dim=1)
    apart = cells - mean[:, None]
    covariance = apart @ apart.T / count
    share = shrinkage(covariance.detach(), count) if count < 2 * channels else 0.0
    even = torch.eye(channels, dtype=cells.dtype, device=cells.device)
    if share > 0:
        level = covariance.diagonal().mean()
        covariance = (1.0 - share) * covariance + share * level * even
    return Statistics(mean, inverse_root(covariance + EPSILON * even, iterations), share)


def shrinkage(covariance: Tensor, count: int) -> float:
    """How much of ``(C, C)`` out of ``count`` cells is to be replaced, in [0, 1] (OAS)."""
    channels = len(covariance)
    squares = float(covariance.square().sum())  # the trace of its square
    trace = float(covariance.diagonal().sum()) ** 2
    above = (1.0 - 2.0 / channels) * squares + trace
    below = (count + 1.0 - 2.0 / channels) * (squares - trace / channels)
    return 1.0 if below <= 0.0 else min(1.0, above / below)


def _linear(features: Tensor, weight: Tensor, mean: Tensor) -> Tensor:
    return functional.conv2d(features - mean[:, None, None], weight[:, :, None, None])
