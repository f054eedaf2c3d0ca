"""A trained concept network as a bundle keeps it: every logit a sum over concepts, and the rest.

Each concept counts by how far its axis is above the mean of the training images, so that an axis
which is switched off has that mean in every image. What the axes without a name add stands beside
them, one number a class. Letters: N batch, D axes, k concepts, K classes, P = k + K, h w the grid.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dprotonet.modeling.backbones import Backbone, build_backbone
from dprotonet.modeling.concepts.activation import activation
from dprotonet.modeling.concepts.model import ConceptNet
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.reasons.network import ReasonsNetwork


class ConceptReasons(NamedTuple):
    """The results of one forward pass.

    Attributes:
        logits: ``(N, K)``.
        similarities: ``(N, P)``: how far each concept's axis is above its level, then what all
            other axes add to each logit.
        activations: ``(N, k)`` of the concepts' axes.
        masks: ``(N, P, h, w)`` >= 0: where the concepts' axes are above 0; 0 of all others.
    """

    logits: Tensor
    similarities: Tensor
    activations: Tensor
    masks: Tensor


class ConceptModel(ReasonsNetwork):
    """Feed it normalised images ``(N, 3, S, S)`` (grey ones repeated three times).

    Its parts have the names of a network with prototypes: "backbone", "masks" (the 1×1 convolution
    to the axes), "prototypes" (whitening, rotation and levels) and "head".
    """

    options: ConceptOptions
    level: Tensor

    def __init__(self, options: ConceptOptions, backbone: Backbone) -> None:
        super().__init__()
        channels, classes = backbone.out_channels, len(options.classes)
        depth = options.depth or channels
        self.options = options
        self.backbone = backbone
        self.reduction = nn.Conv2d(channels, depth, 1) if options.depth else nn.Identity()
        self.axes = nn.Conv2d(depth, depth, 1)
        self.register_buffer("level", torch.zeros(len(options.concepts)))
        self.others = nn.Linear(depth, classes)
        self.head = nn.Linear(len(options.prototype_ids), classes, bias=False)
        self.register_buffer("log_scale", torch.zeros(()))

    def forward(self, images: Tensor) -> ConceptReasons:
        """``(N, 3, S, S)`` normalised images to the results of the network."""
        maps = self.axes(self.reduction(self.backbone(images)))
        activations = activation(maps, self.options.activation)
        similarities = self.reasons_of(activations)
        concepts = len(self.options.concepts)
        where = maps[:, :concepts].clamp_min(0.0)
        nowhere = torch.zeros_like(maps[:, :1]).expand(-1, len(self.options.classes), -1, -1)
        return ConceptReasons(
            self.contributions(similarities).sum(dim=-1),
            similarities,
            activations[:, :concepts],
            torch.cat([where, nowhere], dim=1),
        )

    def reasons_of(self, activations: Tensor) -> Tensor:
        """``(N, D)`` of all axes to the ``(N, P)`` numbers that the last layer weighs."""
        named = activations[:, : len(self.options.concepts)] - self.level
        return torch.cat([named, self.others(activations)], dim=1)

    def logits(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)`` normalised images to ``(N, K)`` logits."""
        result: ConceptReasons = self(images)
        return result.logits

    @property
    def prototypes(self) -> Tensor:
        """``(k, D)``: the direction of each concept among the cells in front of the whitening."""
        return self.axes.weight[: len(self.options.concepts), :, 0, 0]

    @property
    def directions(self) -> Tensor:
        """``(P, D)``: the direction among the same cells that raises each of the P numbers."""
        axes = self.axes.weight[:, :, 0, 0]
        return torch.cat([self.prototypes, self.others.weight @ axes])


def build_concept_model(options: ConceptOptions) -> ConceptModel:
    """A finished network of these options, to be filled from a bundle.

    Raises:
        WrongRequest: there is no such backbone.
    """
    return ConceptModel(options, build_backbone(options.backbone, None, stride=options.stride))


def finished(network: ConceptNet, level: Tensor) -> ConceptModel:
    """A trained network in this form; it gives the same logits, but for rounding.

    Args:
        network: left as it is.
        level: ``(k,)`` mean activation of each concept's axis over the training images.
    """
    concepts = len(network.options.concepts)
    weight = network.head.weight.detach().cpu()
    leaning = tuple(weight[:, :concepts].argmax(dim=0).tolist())
    options = replace(network.options, concept_classes=leaning)
    model = ConceptModel(options, copy.deepcopy(network.backbone).cpu())
    model.reduction = copy.deepcopy(network.reduction).cpu()
    model.axes = copy.deepcopy(network.whitening).cpu().as_convolution()
    with torch.no_grad():
        level = level.detach().cpu().float()
        model.level.copy_(level)
        model.others.weight.copy_(weight)
        model.others.weight[:, :concepts] = 0.0
        model.others.bias.copy_(network.head.bias.detach().cpu() + weight[:, :concepts] @ level)
        model.head.weight.copy_(torch.cat([weight[:, :concepts], torch.eye(len(weight))], dim=1))
    return model.eval().requires_grad_(False)
