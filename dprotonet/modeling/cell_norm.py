"""Cells on a common scale before they are compared with prototypes.

Features of one network share a direction: under plain cosines everything resembles everything. Each
kind takes the cells' mean out, and the scale of their channels (PIP-Net and others use a batch norm
without affine weights here); "whitening" also takes out how channels go together (Huang et al.
2019, "Iterative Normalization"). The statistics are buffers: they lie in the bundle and are hashed
with the add-on layers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dprotonet.modeling.options import ModelOptions

_MOMENTUM = 0.1  # of the running statistics, a batch
_SHRINKAGE = 0.1  # towards equal variances without correlation
_ITERATIONS = 5  # of Newton's method, which Huang et al. found to be enough


class Whitening(nn.Module):
    """Decorrelates the channels of all cells, the nearest to what they were (ZCA).

    In training the batch's own covariance counts, in eval mode the running one.
    """

    mean: Tensor
    covariance: Tensor

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(depth))
        self.register_buffer("covariance", torch.eye(depth))

    def forward(self, features: Tensor) -> Tensor:
        """``(N, D, h, w)`` to cells of mean 0 and of nearly the identity as covariance."""
        if self.training:
            cells = features.transpose(0, 1).flatten(1)
            mean = cells.mean(dim=1)
            apart = cells - mean[:, None]
            covariance = apart @ apart.T / cells.shape[1]
            with torch.no_grad():
                self.mean.lerp_(mean, _MOMENTUM)
                self.covariance.lerp_(covariance, _MOMENTUM)
        else:
            mean, covariance = self.mean, self.covariance
        matrix = inverse_root(shrunk(covariance))
        return torch.einsum("de,nehw->ndhw", matrix, features - mean[:, None, None])


def shrunk(covariance: Tensor) -> Tensor:
    """A tenth of the way from ``(D, D)`` to equal variances without correlation."""
    even = torch.eye(len(covariance), device=covariance.device) * covariance.diagonal().mean()
    return (1.0 - _SHRINKAGE) * covariance + _SHRINKAGE * even


def inverse_root(matrix: Tensor, iterations: int = _ITERATIONS) -> Tensor:
    """About the inverse square root of a symmetric positive ``(C, C)``, by Newton's iterations.

    Few iterations do not enlarge small eigenvalues all the way, which keeps noise small and the
    gradient tame.

    Published is P₀ = I, P ← 1.5 P − 0.5 P³ M / tr M, with the result P / √tr M (Huang et al. 2019,
    algorithm 1). Rounding errors grow in it where eigenvalues lie far apart: after the ten steps
    of Concept Whitening, float32 gave numbers without meaning for a covariance of condition 25.
    This is the same sequence in the coupled form, which is stable (Higham 2008, "Functions of
    Matrices", section 6.4).
    """
    trace = matrix.diagonal().sum()
    even = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    root, other = even, matrix / trace  # the published P, and P M / tr M
    for _ in range(iterations):
        step = 1.5 * even - 0.5 * root @ other
        root, other = step @ root, other @ step
    return root / trace.sqrt()


def build_cell_norm(options: ModelOptions) -> nn.Module:
    """What ``options.cell_norm`` names."""
    if options.cell_norm == "batch":
        return nn.BatchNorm2d(options.depth, affine=False, momentum=_MOMENTUM)
    return Whitening(options.depth) if options.cell_norm == "whitening" else nn.Identity()
