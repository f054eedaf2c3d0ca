"""DProtoNet: encoder masks -> pooled vectors -> similarities to prototypes -> logits.

A re-implementation from the abstracts of arXiv 2210.08336 and its relatives. Known from them: the
three modules, masks without restrictions, prototypes learned from many images. Inferred: all that
:class:`~dprotonet.modeling.options.ModelOptions` lets one choose, and the add-on layers.

Letters: N batch, C channels, h w the backbone's grid, D depth, P prototypes, K classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.backbones import Backbone, build_backbone
from dprotonet.modeling.cell_norm import build_cell_norm
from dprotonet.modeling.encoder_masks import build_masks
from dprotonet.modeling.options import PARTS, ModelOptions, SimilarityKind
from dprotonet.modeling.reasons.network import ReasonsNetwork

__all__ = [
    "DProtoNet",
    "Inference",
    "build_model",
    "prototype_similarity",
    "squared_distance",
]


class Inference(NamedTuple):
    """The results of one forward pass.

    Attributes:
        logits: ``(N, K)``.
        similarities: ``(N, P)``; cosine in [-1, 1], half cosine in [0, 1], log similarity >= 0.
        vectors: ``(N, P, D)`` pooled features.
        masks: ``(N, P, h, w)`` >= 0.
    """

    logits: Tensor
    similarities: Tensor
    vectors: Tensor
    masks: Tensor


def squared_distance(vectors: Tensor, prototypes: Tensor) -> Tensor:
    """Squared Euclidean distance ``(N, P)`` of ``vectors (N, P, D)`` to ``prototypes (P, D)``."""
    return (vectors - prototypes).square().sum(dim=-1)


def prototype_similarity(
    vectors: Tensor, prototypes: Tensor, kind: SimilarityKind = "cosine"
) -> Tensor:
    """Similarity of every pooled vector to its prototype.

    Args:
        vectors: ``(N, P, D)``, one vector for each prototype.
        prototypes: ``(P, D)``.
        kind: "cosine"; "half_cosine" for (cosine + 1) / 2 (XProtoNet, Kim et al. 2021, section
            3.1); "log" for log((d² + 1) / (d² + 1e-4)) (Chen et al. 2019, section 2.1).

    Returns:
        ``(N, P)``; cosine in [-1, 1], half cosine in [0, 1], log in [0, 9.22].

    Raises:
        ValueError: the shapes do not fit.
    """
    if vectors.shape[-2:] != prototypes.shape:
        raise ValueError(
            f"Vectors of shape {tuple(vectors.shape)} do not fit prototypes of shape "
            f"{tuple(prototypes.shape)}."
        )
    if kind == "log":
        distance = squared_distance(vectors, prototypes)
        return torch.log((distance + 1.0) / (distance + 1e-4))
    unit = functional.normalize(vectors, dim=-1)
    cosine = (unit * functional.normalize(prototypes, dim=-1)).sum(dim=-1).clamp(-1.0, 1.0)
    return cosine if kind == "cosine" else (cosine + 1.0) / 2.0


class DProtoNet(ReasonsNetwork):
    """The network. Feed it normalised images ``(N, 3, S, S)`` (grey ones repeated three times).

    Its parts are "backbone", "masks" (with the add-on layers), "prototypes" and "head".
    """

    options: ModelOptions
    prototype_class: Tensor

    def __init__(self, options: ModelOptions, backbone: Backbone) -> None:
        super().__init__()
        depth, prototypes = options.depth, len(options.prototype_ids)
        self.options = options
        self.backbone = backbone
        # Inferred: two 1×1 layers, as in ProtoPNet and XProtoNet, without a closing activation, so
        # that a cosine can use all directions.
        self.add_on = nn.Sequential(
            nn.Conv2d(backbone.out_channels, depth, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(depth, depth, kernel_size=1),
        )
        self.cell_norm = build_cell_norm(options)
        self.masks = build_masks(options, backbone.out_channels)
        self.prototypes = nn.Parameter(functional.normalize(torch.randn(prototypes, depth), dim=-1))
        self.register_buffer("prototype_class", torch.tensor(options.prototype_classes))
        self.head = nn.Linear(prototypes, len(options.classes), bias=False)
        self.log_scale = nn.Parameter(
            torch.tensor(options.similarity_scale).log(),
            requires_grad=options.learn_similarity_scale,
        )
        _initialise(self.add_on)
        self._reset_head()

    def _reset_head(self) -> None:
        """1 from a prototype to its own class, -0.5 to every other one; 0 where classes do not
        exclude each other, so that one finding does not count against another."""
        own = functional.one_hot(self.prototype_class, len(self.options.classes)).T
        with torch.no_grad():
            self.head.weight.copy_(own if self.options.multi_label else own * 1.5 - 0.5)

    def forward(self, images: Tensor) -> Inference:
        """``(N, 3, S, S)`` normalised images to the results of the network."""
        deep = self.backbone(images)
        features = self.cells(deep)
        masks = self.masks(deep, features, self.prototypes)
        vectors = self.masks.pool(features, masks)
        similarities = self.similarity(vectors)
        logits = self.contributions(similarities).sum(dim=-1)
        return Inference(logits, similarities, vectors, masks)

    def cells(self, deep: Tensor) -> Tensor:
        """The backbone's ``(N, C, h, w)`` to the cells ``(N, D, h, w)`` that masks pool."""
        cells: Tensor = self.cell_norm(self.add_on(deep))
        return cells

    def logits(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)`` normalised images to ``(N, K)`` logits."""
        inference: Inference = self(images)
        return inference.logits

    def similarity(self, vectors: Tensor) -> Tensor:
        """``(N, P, D)`` pooled vectors to ``(N, P)`` similarities to this model's prototypes."""
        return prototype_similarity(vectors, self.prototypes, self.options.similarity)

    def train_only(self, parts: Iterable[str]) -> None:
        """Let gradients reach these parts and no other."""
        chosen = set(parts)
        if not chosen <= set(PARTS):
            raise ValueError(f"Parts are {PARTS}, not {sorted(chosen - set(PARTS))}.")
        for part, tensors in self.parts().items():
            for key, tensor in tensors.items():
                if isinstance(tensor, nn.Parameter):
                    fixed = key == "log_scale" and not self.options.learn_similarity_scale
                    tensor.requires_grad_(part in chosen and not fixed)


def _initialise(layers: nn.Sequential) -> None:
    """Kaiming weights and no bias: a bias would drown weak features of an untrained backbone."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def build_model(options: ModelOptions, weights: str | Path | None = None) -> DProtoNet:
    """A new DProtoNet; the same options give the same random weights.

    Args:
        options: see :class:`~dprotonet.modeling.options.ModelOptions`.
        weights: of the backbone, see :func:`~dprotonet.modeling.backbones.build_backbone`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        backbone = build_backbone(options.backbone, weights, stride=options.stride)
        return DProtoNet(options, backbone)
