"""Curves that score a heatmap, whatever method computed it, for every fill and scale.

A mask of 1 keeps the image, 0 shows the fill. Insertion reveals the image from its fill, the
heatmap's highest pixels first; deletion hides it in the same order (Petsiuk et al. 2018, section
4.3). Fractions are fractions of the image without its padding, which is the same in image and fill.
Values come from the exact form of the frozen network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dprotonet.explain.masking.fills import make_fill
from dprotonet.explain.masking.masks import ranked
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import ClassNode, Node
from dprotonet.modeling.freezing.frozen import freeze
from training.benchmarks.heatmaps.measures.inpainting import inpainted
from training.benchmarks.heatmaps.measures.names import INPAINT, OTHER
from training.benchmarks.heatmaps.records import rounded

if TYPE_CHECKING:
    from torch import nn

    from dprotonet.inference.predictor import Predictor

FIFTH = 0.2  # fraction of the image that counts as the marked region
# Another stream than that of any method's own noise, which counts up from the seed.
_NOISE_SEED = 7_000_003
Values = dict[str, Tensor]  # scale to (N,)
EndValues = Mapping[str, Mapping[str, float]]  # scale to "image" or a fill's name to the value


@dataclass(frozen=True)
class Curves:
    """One heatmap's figures in a node's own values, under one fill.

    ``insertion`` and ``deletion`` are at fractions 0, 1/steps, … 1.
    """

    insertion: tuple[float, ...]
    deletion: tuple[float, ...]
    kept: float  # only the highest fifth shows the image
    hidden: float  # the highest fifth shows the fill
    masked: float  # the image under the heatmap itself as a mask

    @property
    def insertion_area(self) -> float:
        """By trapezoids over fractions from 0 to 1."""
        return area_under(self.insertion)

    @property
    def deletion_area(self) -> float:
        """By trapezoids over fractions from 0 to 1."""
        return area_under(self.deletion)


@dataclass(frozen=True, eq=False)
class MaskedImage:
    """One image, and what its hidden pixels show.

    Attributes:
        x: ``(3, S, S)`` normalised.
        valid_mask: ``(S, S)`` bool, False in the padding.
        fills: name to ``(3, S, S)``; of the fill inpaint what is shown when all is hidden, the
            image's mean colour.
    """

    x: Tensor
    valid_mask: Tensor
    fills: Mapping[str, Tensor]

    @classmethod
    def with_fills(
        cls, x: Tensor, valid_mask: Tensor, names: Sequence[str], *, other: Tensor | None = None
    ) -> MaskedImage:
        """Make the fills of these names; noise is the same at every call.

        Args:
            other: ``(3, S, S)``, the fill of that name; needed where it is among the names.

        Raises:
            ValueError: it is needed and not given.
        """
        fills = {}
        for name in names:
            if name == OTHER:
                if other is None:
                    raise ValueError("The fill other needs another image.")
                fills[name] = other
            else:
                generator = torch.Generator().manual_seed(_NOISE_SEED)
                kind = "mean" if name == INPAINT else name
                fills[name] = make_fill(kind, x, valid_mask, generator=generator)
        return cls(x, valid_mask, fills)

    def under(self, name: str, masks: Tensor) -> Tensor:
        """``(N, 3, S, S)``: the image where a mask ``(N, S, S)`` is 1, the named fill where it is
        0."""
        if name == INPAINT:
            return inpainted(self.x, masks, self.valid_mask, self.fills[name])
        return torch.lerp(self.fills[name][None], self.x[None], masks[:, None])


@dataclass(frozen=True, eq=False)
class Scorer:
    """The network that all heatmaps are scored on.

    Attributes:
        network: exact, in float32.
        temperature: the calibration of its classes.
        steps: of the curves.
        batch: images in one pass.
    """

    network: nn.Module
    temperature: float = 1.0
    multi_label: bool = False
    steps: int = 16
    batch: int = 16

    @classmethod
    def of_predictor(cls, predictor: Predictor, steps: int) -> Scorer:
        """A scorer on the predictor's frozen network, in float32."""
        bundle = predictor.bundle
        size = bundle.image_size
        example = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
        exact = freeze(predictor.model, example.to(predictor.device), "float32").exact
        return cls(exact, bundle.temperature, bundle.multi_label, steps)

    def values(self, images: Tensor, node: Node) -> Values:
        """A node's values on each of its scales for images ``(N, 3, S, S)``."""
        scales = ("probability", "log_odds") if isinstance(node, ClassNode) else ("similarity",)
        parts: dict[str, list[Tensor]] = {scale: [] for scale in scales}
        with torch.inference_mode():
            for batch in images.split(self.batch):
                output = self.network(batch.contiguous(memory_format=torch.channels_last))
                for scale in scales:
                    values = node_values(
                        output,
                        [node],
                        class_scale="logit" if scale == "similarity" else scale,
                        temperature=self.temperature,
                        multi_label=self.multi_label,
                    )
                    parts[scale].append(values[:, 0].cpu())
        return {scale: torch.cat(tensors) for scale, tensors in parts.items()}

    def end_values(self, image: MaskedImage, node: Node) -> dict[str, dict[str, float]]:
        """By scale: the values of the ``image`` and of each fill alone, the ends of all curves."""
        values = self.values(torch.stack([image.x, *image.fills.values()]), node)
        names = ("image", *image.fills)
        return {s: dict(zip(names, v.tolist(), strict=True)) for s, v in values.items()}

    def curves(
        self, image: MaskedImage, node: Node, heatmap: Tensor, end_values: EndValues
    ) -> dict[str, dict[str, Curves]]:
        """By fill and scale.

        Args:
            heatmap: ``(S, S)`` in [0, 1].
            end_values: from :meth:`end_values`.
        """
        masks = curve_masks(heatmap.to(image.x.device), image.valid_mask, self.steps)
        curves: dict[str, dict[str, Curves]] = {}
        for name in image.fills:
            values_of = self.values(image.under(name, masks), node)
            curves[name] = {
                scale: read_curves(values, end_values[scale]["image"], end_values[scale][name])
                for scale, values in values_of.items()
            }
        return curves


def curve_masks(heatmap: Tensor, valid_mask: Tensor | None, steps: int) -> Tensor:
    """All masks that one heatmap is scored by.

    Args:
        heatmap: ``(S, S)`` in [0, 1].
        valid_mask: ``(S, S)`` bool, False in the padding.
        steps: of the curves; at fractions 0 and 1 no heatmap makes a difference.

    Returns:
        ``(2 * steps + 1, S, S)``: insertion and deletion at the inner fractions, the fifth kept,
        the fifth hidden, the heatmap.
    """
    ranks = ranked(heatmap[None], valid_mask)
    fractions = torch.arange(1, steps, device=heatmap.device) / steps
    inserted = (ranks < fractions[:, None, None]).float()
    fifth = (ranks < FIFTH).float()
    return torch.cat([inserted, 1 - inserted, fifth, 1 - fifth, heatmap[None].float()])


def read_curves(values: Tensor, whole: float, filled: float) -> Curves:
    """The curves from a node's values under :func:`curve_masks`.

    Args:
        values: ``(2 * steps + 1,)`` in the order of the masks.
        whole: the node's value for the image.
        filled: for the fill alone.
    """
    *inner, kept, hidden, masked = values.tolist()
    half = len(inner) // 2
    return Curves(
        (filled, *inner[:half], whole), (whole, *inner[half:], filled), kept, hidden, masked
    )


def area_under(curve: tuple[float, ...]) -> float:
    """Of a curve at even distances over [0, 1]."""
    return (sum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)


def curves_json(curves: Mapping[str, Mapping[str, Curves]]) -> dict[str, Any]:
    """What a row keeps: areas and single values of every scale, the curves of the first scale.

    Args:
        curves: by fill and scale.
    """
    fills: dict[str, Any] = {}
    for fill, scales in curves.items():
        fills[fill] = {
            scale: {
                "insertion": values.insertion_area,
                "deletion": values.deletion_area,
                "kept": values.kept,
                "hidden": values.hidden,
                "masked": values.masked,
            }
            for scale, values in scales.items()
        }
        first = next(iter(scales.values()))
        fills[fill]["curves"] = rounded([first.insertion, first.deletion], 4)
    return fills
