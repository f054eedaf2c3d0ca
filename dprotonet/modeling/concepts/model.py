"""A network whose last cells are whitened and turned, so that its axes are concepts.

Source: Chen, Bei & Rudin 2020. There, the layer takes a batch norm's place inside of the network;
here it stands after the backbone, so that every logit is a sum over the axes and nothing goes past
them: inferred. Letters: N batch, D axes, k concepts, K classes, h w the backbone's grid.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dprotonet.modeling.backbones import Backbone, build_backbone
from dprotonet.modeling.concepts.activation import activation
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.concepts.whitening import ConceptWhitening


class Axes(NamedTuple):
    """The results of one forward pass.

    Attributes:
        logits: ``(N, K)``.
        activations: ``(N, D)``; the first k are the concepts'.
        maps: ``(N, D, h, w)``.
    """

    logits: Tensor
    activations: Tensor
    maps: Tensor


class ConceptNet(nn.Module):
    """Feed it normalised images ``(N, 3, S, S)`` (grey ones repeated three times)."""

    def __init__(self, options: ConceptOptions, backbone: Backbone) -> None:
        super().__init__()
        channels = backbone.out_channels
        depth = options.depth or channels
        self.options = options
        self.backbone = backbone
        self.reduction = nn.Conv2d(channels, depth, 1) if options.depth else nn.Identity()
        self.whitening = ConceptWhitening(depth)
        self.head = nn.Linear(depth, len(options.classes))

    def forward(self, images: Tensor) -> Axes:
        """``(N, 3, S, S)`` normalised images to the results of the network."""
        return self.of_cells(self.cells(images))

    def of_cells(self, cells: Tensor) -> Axes:
        """From the cells ``(N, D, h, w)`` in front of the whitening on."""
        maps = self.whitening(cells)
        activations = activation(maps, self.options.activation)
        return Axes(self.head(activations), activations, maps)

    def logits(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)`` normalised images to ``(N, K)`` logits."""
        axes: Axes = self(images)
        return axes.logits

    def cells(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)`` to the cells ``(N, D, h, w)`` in front of the whitening."""
        cells: Tensor = self.reduction(self.backbone(images))
        return cells

    def contributions(self, activations: Tensor) -> Tensor:
        """What each axis adds to each logit.

        Args:
            activations: ``(N, D)``.

        Returns:
            ``(N, K, D)``; with the head's bias, their sum over D is the logits, by definition.
        """
        return activations.unsqueeze(1) * self.head.weight


def build_concept_net(options: ConceptOptions, weights: str | Path | None = None) -> ConceptNet:
    """A new network; its random weights come from ``options.seed``, whatever torch's seed is.

    Args:
        options: of the network.
        weights: of the backbone, as of :func:`dprotonet.modeling.backbones.build_backbone`.

    Raises:
        WrongRequest: there is no such backbone.
        ValueError: it has fewer channels than there are concepts.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        backbone = build_backbone(options.backbone, weights, stride=options.stride)
        if backbone.out_channels < len(options.concepts):
            raise ValueError(
                f"{options.backbone} has {backbone.out_channels} channels for "
                f"{len(options.concepts)} concepts. Choose a depth, or fewer concepts."
            )
        return ConceptNet(options, backbone)
