"""Networks so small that one knows what they look at."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dprotonet.explain.ink import INK
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.method import open_probe
from dprotonet.explain.nodes import Node
from dprotonet.explain.settings import MDMSettings

SIZE = 48  # px
PATCH = 16  # px, the side of a planted patch
QUICK = MDMSettings(steps=2, faithfulness_steps=4)
"""Enough to see that a method works, not how well."""


class ToyInference(NamedTuple):
    """What the toy prototype network gives."""

    logits: Tensor
    similarities: Tensor
    vectors: Tensor


def checkers(kind: str) -> Tensor:
    """A ``(PATCH, PATCH)`` texture in -1 and 1 that a blur wipes out."""
    rows, columns = torch.meshgrid(torch.arange(PATCH), torch.arange(PATCH), indexing="ij")
    stripe = {"squares": rows // 2 + columns // 2, "rows": rows // 2, "columns": columns // 2}
    return (stripe[kind] % 2).float() * 2 - 1


def toy_image(**places: tuple[int, int]) -> Tensor:
    """``(3, SIZE, SIZE)``: a smooth background with textures planted at (row, column)."""
    at = torch.linspace(-1, 1, SIZE)
    image = (0.4 * at[:, None] * at[None, :]).clone()
    for kind, (row, column) in places.items():
        image[row : row + PATCH, column : column + PATCH] += checkers(kind)
    return image.expand(3, -1, -1).clone()


class PatchClassifier(nn.Module):
    """An ordinary classifier of two classes; the second means "squares somewhere"."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 8, stride=2, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        )
        self.classifier = nn.Linear(4, 2)
        kernel = checkers("squares")[:8, :8] / 64 / 3
        with torch.no_grad():
            shifted = [torch.roll(kernel, shift, dims=(0, 1)) for shift in ((0, 0), (0, 2))]
            bank = torch.stack([*shifted, -shifted[0], -shifted[1]])
            self.features[0].weight.copy_(bank[:, None].expand(-1, 3, -1, -1))
            self.features[1].bias.fill_(-0.3)
            self.classifier.weight.copy_(torch.tensor([[-30.0] * 4, [30.0] * 4]))
            self.classifier.bias.copy_(torch.tensor([1.5, -1.5]))
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean(dim=(2, 3)))


class PatchPrototypes(nn.Module):
    """A prototype network of its own: prototype 0 likes rows, prototype 1 likes columns."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 8, stride=2, bias=False)
        with torch.no_grad():
            bank = torch.stack([checkers("rows")[:8, :8], checkers("columns")[:8, :8]]) / 64 / 3
            self.conv.weight.copy_(bank[:, None].expand(-1, 3, -1, -1))
        self.eval()

    def forward(self, x: Tensor) -> ToyInference:
        seen = F.relu(self.conv(x).abs() - 0.3).mean(dim=(2, 3))
        pooled = torch.cat([seen, torch.full_like(seen[:, :1], 0.02)], dim=1)
        vectors = pooled[:, None].expand(-1, 2, -1)
        prototypes = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        similarities = torch.cosine_similarity(vectors, prototypes[None], dim=-1)
        return ToyInference(similarities * 5, similarities, vectors)


def opened(x: Tensor, nodes: Sequence[Node], settings: MDMSettings) -> Probe:
    """An image ready to be masked, before a classifier that knows squares."""
    return open_probe(
        PatchClassifier(),
        x,
        nodes,
        settings,
        generator=torch.Generator().manual_seed(0),
    )


def patch_mask(row: int, column: int) -> Tensor:
    """``(SIZE, SIZE)`` bool of a planted patch."""
    mask = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    mask[row : row + PATCH, column : column + PATCH] = True
    return mask


def overlap(heatmap: Tensor, mask: Tensor) -> float:
    """Intersection over union of the heatmap's highest pixels, as many as the mask has."""
    chosen = torch.zeros(mask.numel(), dtype=torch.bool)
    chosen[heatmap.flatten().topk(int(mask.sum())).indices] = True
    chosen = chosen.reshape(mask.shape)
    return float((chosen & mask).sum() / (chosen | mask).sum())


def assert_same_order(one: np.ndarray, other: np.ndarray) -> None:
    """Two heatmaps of the decoder put the pixels in the same order, ties apart.

    Their values tell each pixel's rank. Sums in another order of terms differ in the last bit,
    which differs from processor to processor; that lets pixels of equal value change places.
    """
    assert ((one > 0) == (other > 0)).all()
    displayed = one > 0
    places = np.abs(np.log(one[displayed] / other[displayed])) * INK * displayed.sum()
    assert places.max() < 3.5, f"a pixel stands {places.max():.0f} places off"
    assert (places > 0.5).mean() < 0.03
