"""Values of a node under masks, on the exact copy of the network, for every fill and scale."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dprotonet.explain.masking.fills import make_fill
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import ClassNode, Node
from dprotonet.modeling.frozen import freeze
from training.benchmarks.heatmaps.curves import Curves, read_curves, shown_masks
from training.benchmarks.heatmaps.records import rounded

if TYPE_CHECKING:
    from torch import nn

    from dprotonet.inference.predictor import Predictor

# Another stream than that of any method's own noise, which counts up from the seed.
_NOISE_SEED = 7_000_003
Values = dict[str, Tensor]  # scale to (N,)


@dataclass(frozen=True, eq=False)
class MaskedImage:
    """One image and what its hidden pixels show.

    Attributes:
        x: ``(3, S, S)`` normalised.
        inside: ``(S, S)`` bool, False in the padding.
        fills: name to ``(3, S, S)``.
    """

    x: Tensor
    valid_mask: Tensor
    fills: Mapping[str, Tensor]

    @classmethod
    def of(cls, x: Tensor, valid_mask: Tensor, fills: Sequence[str]) -> MaskedImage:
        """Make the fills; noise is the same at every call."""
        made = {
            name: make_fill(
                name, x, valid_mask, generator=torch.Generator().manual_seed(_NOISE_SEED)
            )
            for name in fills
        }
        return cls(x, valid_mask, made)


@dataclass(frozen=True, eq=False)
class Judge:
    """The network that all heatmaps are judged on.

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
    def of(cls, predictor: Predictor, steps: int) -> Judge:
        """A judge with a copy of its own, so that no method's copies are dropped for it."""
        bundle, own = predictor.bundle, copy.deepcopy(predictor.model)
        size = bundle.options.image_size
        example = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
        exact = freeze(own, example.to(predictor.device), "float32").exact
        return cls(exact, bundle.temperature, bundle.options.multi_label, steps)

    def values(self, images: Tensor, node: Node) -> Values:
        """A node's values on each of its scales for images ``(N, 3, S, S)``."""
        scales = ("probability", "log_odds") if isinstance(node, ClassNode) else ("similarity",)
        found: dict[str, list[Tensor]] = {scale: [] for scale in scales}
        with torch.inference_mode():
            for part in images.split(self.batch):
                output = self.network(part.contiguous(memory_format=torch.channels_last))
                for scale in scales:
                    values = node_values(
                        output,
                        [node],
                        class_scale="logit" if scale == "similarity" else scale,
                        temperature=self.temperature,
                        multi_label=self.multi_label,
                    )
                    found[scale].append(values[:, 0].cpu())
        return {scale: torch.cat(parts) for scale, parts in found.items()}

    def ends(self, image: MaskedImage, node: Node) -> dict[str, dict[str, float]]:
        """By scale: the values of the ``image`` and of each fill alone."""
        found = self.values(torch.stack([image.x, *image.fills.values()]), node)
        names = ("image", *image.fills)
        return {s: dict(zip(names, v.tolist(), strict=True)) for s, v in found.items()}

    def curves(
        self,
        image: MaskedImage,
        node: Node,
        heatmap: Tensor,
        ends: Mapping[str, Mapping[str, float]],
    ) -> dict[str, dict[str, Curves]]:
        """By fill and scale.

        Args:
            heatmap: ``(S, S)`` in [0, 1].
            ends: from :meth:`ends`.
        """
        masks = shown_masks(heatmap.to(image.x.device), image.valid_mask, self.steps)
        found: dict[str, dict[str, Curves]] = {}
        for name, fill in image.fills.items():
            images = torch.lerp(fill[None], image.x[None], masks[:, None])
            found[name] = {
                scale: read_curves(values, ends[scale]["image"], ends[scale][name])
                for scale, values in self.values(images, node).items()
            }
        return found


def curves_json(curves: Mapping[str, Mapping[str, Curves]]) -> dict[str, Any]:
    """What a row keeps of them: the areas and the single values, and the curves of the first scale.

    Args:
        curves: by fill and scale.
    """
    kept: dict[str, Any] = {}
    for fill, scales in curves.items():
        kept[fill] = {
            scale: {
                "insertion": one.insertion_area,
                "deletion": one.deletion_area,
                "kept": one.kept,
                "hidden": one.hidden,
                "masked": one.masked,
            }
            for scale, one in scales.items()
        }
        first = next(iter(scales.values()))
        kept[fill]["curves"] = rounded([first.insertion, first.deletion], 4)
    return kept
