"""How far an image is from those a model was trained on: a Mahalanobis distance.

After Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution Samples and
Adversarial Attacks", section 2.1, with one covariance for all classes. Features are first divided
by their standard deviations; the covariance is shrunk towards a multiple of the identity (Ledoit &
Wolf 2004, with a fixed weight) and kept as its first axes and one variance for all the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

SHRINKAGE = 0.1
"""Weight of the identity in the covariance."""

_MOST_NUMBERS = 220_000  # of the axes, which are kept in 16 bit: 0.44 MB


@dataclass(frozen=True, eq=False)
class SupportDistance:
    """A fitted distance. Of an image like those it was fitted to it is about 1.

    Attributes:
        mean: ``(F,)`` of the features.
        scale: ``(F,)`` their standard deviations, above 0.
        axes: ``(R, F)`` orthonormal, of the divided features.
        variances: ``(R,)`` along the axes, shrunk, above 0.
        rest: variance along every other direction, shrunk, above 0.
    """

    mean: Tensor
    scale: Tensor
    axes: Tensor
    variances: Tensor
    rest: float

    def __post_init__(self) -> None:
        rank, size = self.axes.shape
        shapes = (self.mean.shape, self.scale.shape, self.variances.shape)
        if shapes != ((size,), (size,), (rank,)):
            raise ValueError(f"A distance of {size} features and {rank} axes, not {shapes}.")
        positive = bool((self.scale > 0).all()) and bool((self.variances > 0).all())
        finite = all(bool(t.isfinite().all()) for t in (self.mean, self.scale, self.variances))
        if not (positive and finite and bool(self.axes.isfinite().all()) and self.rest > 0):
            raise ValueError("A distance needs finite numbers and positive variances.")

    def __call__(self, features: Tensor) -> Tensor:
        """The distances ``(N,)`` float64 of ``features (N, F)``, divided by the root of F."""
        z = (features.double().cpu() - self.mean.double()) / self.scale.double()
        along = z @ self.axes.double().T
        beside = (z.square().sum(1) - along.square().sum(1)).clamp(min=0.0)
        squared = (along.square() / self.variances.double()).sum(1) + beside / self.rest
        return (squared / z.shape[1]).sqrt()

    def to_tensors(self) -> dict[str, Tensor]:
        """The tensors of a safetensors file; the axes in 16 bit."""
        return {
            "mean": self.mean.float(),
            "scale": self.scale.float(),
            "axes": self.axes.half().contiguous(),
            "variances": self.variances.float(),
            "rest": torch.tensor([self.rest], dtype=torch.float32),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> SupportDistance:
        """The distance that :meth:`to_tensors` wrote.

        Raises:
            ValueError: a tensor is missing, unknown or of another shape.
        """
        names = {"mean", "scale", "axes", "variances", "rest"}
        if set(tensors) != names or tensors["axes"].ndim != 2 or tensors["rest"].shape != (1,):
            raise ValueError(f"a distance has the tensors {', '.join(sorted(names))}")
        values = {name: tensors[name].float() for name in names - {"rest"}}
        return cls(**values, rest=float(tensors["rest"][0]))


def fit_distance(features: Tensor) -> SupportDistance:
    """Fit the distance to ``features (N, F)`` of training images and altered copies of them.

    Raises:
        ValueError: fewer than two rows, or rows that are all the same.
    """
    x = features.double()
    if len(x) < 2 or not bool((x.std(dim=0) > 0).any()):
        raise ValueError("A distance needs features of at least two different images.")
    mean, size = x.mean(dim=0), x.shape[1]
    spread = x.std(dim=0)
    scale = spread.clamp(min=float(spread.max()) * 1e-6)
    z = (x - mean) / scale
    # Of the two products with the same eigenvalues, the smaller one.
    values, vectors = torch.linalg.eigh(z.T @ z if len(z) >= size else z @ z.T)
    values = values.flip(0).clamp(min=0.0)
    kept = min(len(values), max(1, _MOST_NUMBERS // size))
    kept = min(kept, int((values > values[0] * 1e-9).sum()))
    vectors = vectors.flip(1)[:, :kept]
    axes = vectors.T if len(z) >= size else vectors.T @ z / values[:kept].sqrt().unsqueeze(1)
    variances = values / (len(z) - 1)
    average = float(variances.sum()) / size
    beyond = float(variances[kept:].sum()) / (size - kept) if size > kept else average
    return SupportDistance(
        mean.float(),
        scale.float(),
        axes.float(),
        ((1 - SHRINKAGE) * variances[:kept] + SHRINKAGE * average).float(),
        (1 - SHRINKAGE) * beyond + SHRINKAGE * average,
    )
