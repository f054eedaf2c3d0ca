"""The encoder's masks: where each prototype looks before pooling, with no restriction on its shape.

Every kind but "patch" is inferred (the paper's own form could not be read); all offer the same two
methods, so that :class:`~dprotonet.modeling.model.DProtoNet` pools without knowing which one it
holds. No kind carries a sparsity, equivariance or location penalty; XProtoNet's, which are put on
the maps of "image" for comparison, belong to training. A mask of 1 keeps a feature, 0 drops it;
only the ratio between cells matters, since pooling divides by the mask's sum.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.options import ModelOptions

# Keeps the pooled vector finite where a mask is zero everywhere.
_TINY = 1e-6


class Masks(nn.Module):
    """One kind of encoder mask."""

    def forward(self, deep: Tensor, features: Tensor, prototypes: Tensor) -> Tensor:
        """The masks of N images.

        Args:
            deep: ``(N, C, h, w)`` of the backbone.
            features: ``(N, D, h, w)`` of the add-on layers, which the masks pool.
            prototypes: ``(P, D)``.

        Returns:
            ``(N, P, h, w)`` >= 0.
        """
        raise NotImplementedError

    def pool(self, features: Tensor, masks: Tensor) -> Tensor:
        """Mask-weighted mean of ``features (N, D, h, w)``: ``(N, P, D)``."""
        total = masks.sum(dim=(2, 3)).unsqueeze(-1) + _TINY
        return torch.einsum("ndhw,nphw->npd", features, masks) / total


class ImageMasks(Masks):
    """Image-dependent masks: a 1×1-conv head, as XProtoNet's occurrence module, unpenalised."""

    def __init__(self, channels: int, depth: int, prototypes: int) -> None:
        super().__init__()
        self.head = nn.Sequential(
            nn.Conv2d(channels, depth, kernel_size=1, bias=False),
            nn.ReLU(),
            nn.Conv2d(depth, prototypes, kernel_size=1, bias=False),
        )

    def forward(self, deep: Tensor, features: Tensor, prototypes: Tensor) -> Tensor:
        """From the backbone's features alone."""
        masks: Tensor = self.head(deep).abs()
        return masks


class LearnedMasks(Masks):
    """One learned map for each prototype, the same for every image."""

    def __init__(self, prototypes: int, grid: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(prototypes, grid, grid).uniform_(0.5, 1.5))

    def forward(self, deep: Tensor, features: Tensor, prototypes: Tensor) -> Tensor:
        """The learned maps, once for each of the N images."""
        _check_grid(features, self.weight)
        return self.weight.abs().expand(features.shape[0], -1, -1, -1)


class RandomMasks(Masks):
    """Fixed random weights over channels and cells, strongest at the prototype's own cell.

    FeaInfNet's form: ``|N(0, 1)|`` over (D, h, w), + 3 at the mask's own cell. Inferred here: the
    cells of one class's prototypes are spread evenly over the grid, so that no class owns a place.
    """

    weight: Tensor

    def __init__(self, depth: int, grid: int, counts: tuple[int, ...], seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        weight = torch.randn(sum(counts), depth, grid, grid, generator=generator).abs()
        cells = [((2 * j + 1) * grid * grid) // (2 * n) for n in counts for j in range(n)]
        index = torch.tensor(cells)
        weight.flatten(2)[torch.arange(len(cells)), :, index] += 3.0
        self.register_buffer("weight", weight)

    def forward(self, deep: Tensor, features: Tensor, prototypes: Tensor) -> Tensor:
        """The weights' mean over channels, once for each of the N images."""
        _check_grid(features, self.weight)
        return self.weight.mean(dim=1).expand(features.shape[0], -1, -1, -1)

    def pool(self, features: Tensor, masks: Tensor) -> Tensor:
        """Pooled with a weight of its own for each channel: ``(N, P, D)``."""
        total = self.weight.sum(dim=(2, 3)) + _TINY
        return torch.einsum("ndhw,pdhw->npd", features, self.weight) / total


class PatchMasks(Masks):
    """1 at the one cell whose feature is nearest to the prototype, 0 elsewhere.

    Pooling then gives that cell's feature, so that the similarity is the largest one over all cells
    (ProtoPNet, Chen et al. 2019, section 2.1), and gradients reach it as through a maximum.
    """

    def __init__(self, by_direction: bool) -> None:
        super().__init__()
        self._by_direction = by_direction

    def forward(self, deep: Tensor, features: Tensor, prototypes: Tensor) -> Tensor:
        """One cell for each prototype; ties go to the first."""
        nearness = _nearness(features, prototypes, self._by_direction)
        nearest = torch.zeros_like(nearness).scatter_(2, nearness.argmax(dim=2, keepdim=True), 1.0)
        return nearest.reshape(*nearest.shape[:2], *features.shape[-2:])


class TopMasks(Masks):
    """The cells that are most similar to the prototype, weighed by their excess.

    A cell's weight is by how much it is more similar than the most similar cell that is left out:
    weights go to 0 where the choice changes, so that a small change of the image changes them
    little, and the peak is the most similar cell. Weights carry no gradient; the pooled cells do,
    as through a maximum.

    With more levels the same is done on grids of half the rows and columns, whose cells are means
    of four; a mask is the mean of all, each summing to 1.
    """

    def __init__(self, share: float, levels: int, by_direction: bool) -> None:
        super().__init__()
        self._share, self._levels, self._by_direction = share, levels, by_direction

    def forward(self, deep: Tensor, features: Tensor, prototypes: Tensor) -> Tensor:
        """Masks that sum to 1."""
        cells = features.detach()
        masks = total = self._top(cells, prototypes)
        for _ in range(1, self._levels):
            cells = functional.avg_pool2d(cells, 2, ceil_mode=True)
            coarse = self._top(cells, prototypes)
            spread = functional.interpolate(coarse, size=masks.shape[-2:], mode="nearest")
            total = total + spread / spread.sum(dim=(2, 3), keepdim=True)
        return total / self._levels

    def _top(self, features: Tensor, prototypes: Tensor) -> Tensor:
        nearness = _nearness(features, prototypes, self._by_direction)
        cells = int(nearness.shape[2])  # a number also where the network is traced
        count = max(1, round(self._share * cells))
        last = min(count, cells - 1)  # the first one left out
        floor = nearness.topk(last + 1, dim=2).values[..., -1:]
        excess = (nearness - floor).clamp(min=0.0) + (nearness >= floor) * _TINY
        masks = excess / excess.sum(dim=2, keepdim=True)
        return masks.reshape(*masks.shape[:2], *features.shape[-2:])


def cell_cosines(cells: Tensor, prototypes: Tensor) -> Tensor:
    """Cosine ``(N, P, h, w)`` of every cell ``(N, D, h, w)`` to every prototype ``(P, D)``."""
    rows = functional.normalize(prototypes, dim=1)
    cosines: Tensor = rows @ functional.normalize(cells.flatten(2), dim=1)
    return cosines.reshape(*cosines.shape[:2], *cells.shape[-2:])


def _nearness(features: Tensor, prototypes: Tensor, by_direction: bool) -> Tensor:
    """``(N, P, h·w)`` that orders the cells of ``(N, D, h, w)`` as their similarities do."""
    features, rows = features.detach(), prototypes.detach()
    if by_direction:
        return cell_cosines(features, rows).flatten(2)
    cells = features.flatten(2)
    # -|f - p|², less |p|², which all cells share
    return 2.0 * rows @ cells - cells.square().sum(dim=1, keepdim=True)


def build_masks(options: ModelOptions, channels: int) -> Masks:
    """The masks that ``options.masks`` names, for a backbone of ``channels`` (C)."""
    prototypes = len(options.prototype_ids)
    if options.masks == "image":
        return ImageMasks(channels, options.depth, prototypes)
    if options.masks == "learned":
        return LearnedMasks(prototypes, options.grid)
    if options.masks == "patch":
        return PatchMasks(options.by_direction)
    if options.masks == "top":
        return TopMasks(options.top_share, options.levels, options.by_direction)
    return RandomMasks(options.depth, options.grid, options.prototype_counts, options.seed)


def _check_grid(features: Tensor, weight: Tensor) -> None:
    if features.shape[-2:] != weight.shape[-2:]:
        raise ValueError(
            f"These masks are made for a grid of {tuple(weight.shape[-2:])}, the image gives "
            f"{tuple(features.shape[-2:])}. Feed images of the model's image_size."
        )
