"""Masks: from small grids to the network's grid, by kept area, and at random.

A mask of 1 keeps the image, 0 shows the fill.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def enlarged(grids: Tensor, size: int) -> Tensor:
    """Bilinear enlargement of ``(N, s, s)`` to ``(N, S, S)``."""
    return F.interpolate(grids[:, None], size=(size, size), mode="bilinear")[:, 0]


def standardised(attributions: Tensor, valid_mask: Tensor | None = None) -> Tensor:
    """Attributions ``(N, S, S)`` with mean 0 and standard deviation 1 inside the image."""
    values = attributions.flatten(1) if valid_mask is None else attributions[:, valid_mask]
    mean = values.mean(dim=1)[:, None, None]
    deviation = values.std(dim=1)[:, None, None]
    return (attributions - mean) / deviation.clamp_min(1e-6)


def thresholds(attributions: Tensor, areas: Tensor, valid_mask: Tensor | None = None) -> Tensor:
    """The value that the given fraction of an attribution's pixels inside the image exceeds.

    Args:
        attributions: ``(N, S, S)``, or one attribution for all areas.
        areas: ``(N,)`` in [0, 1].
        valid_mask: ``(S, S)`` bool, False in the padding around the image.

    Returns:
        ``(N, 1, 1)``, without gradient.
    """
    # Masks are smooth: a coarse sample has the same quantiles.
    step = max(1, attributions.shape[-1] // 56)
    coarse = attributions.detach()[:, ::step, ::step]
    values = coarse.flatten(1) if valid_mask is None else coarse[:, valid_mask[::step, ::step]]
    ordered = values.sort(dim=1, descending=True).values
    at = (areas * (ordered.shape[1] - 1)).round().long().clamp(0, ordered.shape[1] - 1)
    return ordered.expand(len(at), -1).gather(1, at[:, None])[:, :, None]


def ranked(attributions: Tensor, valid_mask: Tensor | None = None) -> Tensor:
    """Each pixel's rank in its attribution, as a fraction: 0 for the highest value, up to 1.

    Pixels outside the image rank last (they get 1). Ties keep the order of the rows.

    Args:
        attributions: ``(N, S, S)``.
        valid_mask: ``(S, S)`` bool, False in the padding around the image.

    Returns:
        ``(N, S, S)`` float32.
    """
    count, size = attributions.shape[0], attributions.shape[-1]
    flat = attributions.reshape(count, -1).double()
    if valid_mask is not None:
        flat = flat.masked_fill(~valid_mask.reshape(1, -1), -torch.inf)
    order = flat.argsort(dim=1, descending=True, stable=True)
    image = size * size if valid_mask is None else int(valid_mask.sum())
    positions = torch.arange(size * size, device=flat.device, dtype=torch.float32) / max(image, 1)
    ranks = torch.empty(count, size * size, device=flat.device, dtype=torch.float32)
    ranks.scatter_(1, order, positions.clamp(max=1.0).expand(count, -1))
    return ranks.reshape(attributions.shape)


def smooth_masks(
    count: int, size: int, cells: int, generator: torch.Generator, device: torch.device
) -> Tensor:
    """Random smooth masks ``(count, S, S)`` in [0, 1] after RISE (Petsiuk et al. 2018, 3.2).

    Coarse random grids, enlarged and shifted by less than a cell, so that no pixel is bound to the
    grid. Half of each mask is kept on average.
    """
    grids = torch.rand(count, cells + 1, cells + 1, generator=generator)
    grids = (grids < 0.5).float()
    cell = -(-size // cells)
    large = F.interpolate(grids[:, None], size=((cells + 1) * cell,) * 2, mode="bilinear")[:, 0]
    shifts = torch.randint(0, cell, (count, 2), generator=generator).tolist()
    return torch.stack(
        [mask[y : y + size, x : x + size] for mask, (y, x) in zip(large, shifts, strict=True)]
    ).to(device)


def smooth_noise(count: int, size: int, generator: torch.Generator, cells: int = 7) -> Tensor:
    """Random smooth heatmaps ``(count, S, S)`` in [0, 1]: the control that sees no network."""
    return enlarged(torch.rand(count, cells, cells, generator=generator), size)


def centred(size: int, valid_mask: Tensor | None = None) -> Tensor:
    """``(S, S)`` in [0, 1]: a centred Gaussian, the control that sees no network."""
    image = torch.ones(size, size, dtype=torch.bool) if valid_mask is None else valid_mask
    rows, columns = torch.where(image)
    at = torch.arange(size, device=image.device, dtype=torch.float32)
    sigma = size / 4
    y = torch.exp(-0.5 * ((at - rows.float().mean()) / sigma) ** 2)
    x = torch.exp(-0.5 * ((at - columns.float().mean()) / sigma) ** 2)
    return y[:, None] * x[None, :]


def stepped(
    attribution: Tensor, fractions: Tensor, sharpness: float, valid_mask: Tensor | None = None
) -> Tensor:
    """Soft masks ``(A, S, S)`` that keep the highest fractions ``(A,)``, with a gradient.

    Args:
        attribution: ``(S, S)`` with standard deviation 1, so that ``sharpness`` means the same for
            every attribution.
        fractions: of the image, in [0, 1].
        sharpness: of the masks' edges, per unit of the attribution.
        valid_mask: ``(S, S)`` bool, False in the padding around the image.
    """
    levels = thresholds(attribution[None], fractions.to(attribution), valid_mask)
    return torch.sigmoid(sharpness * (attribution[None] - levels))


def blended(attribution: Tensor, fractions: Tensor) -> Tensor:
    """Masks ``(A, S, S)`` that show the fractions ``(A,)`` of every pixel, with a gradient.

    Used in place of :func:`stepped` while all pixels of the attribution are equal.
    """
    return fractions.to(attribution)[:, None, None] + attribution[None]
