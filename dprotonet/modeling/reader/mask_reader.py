"""The mask reader: from a network's own features to the maps of all its nodes, in one pass.

A feature pyramid (Lin et al. 2017, "Feature Pyramid Networks for Object Detection", section 3) on
the frozen network: a 1×1 convolution at each stage, summed from coarse to fine, with a small block
of two convolutions on every grid. What comes out is a latent grid; the map of a node is its inner
product with the node's query.

A prototype's query is a linear function of its vector, a class's one of the prototypes' vectors as
its row of the last layer weighs them. So the reader knows no prototype by its number: one that is
pruned, switched off or weighed anew needs no other reader. A concept's vector is the direction of
its axis, and what is no concept counts for the classes alone. Classes and similarities of a network
whose prototypes are not known to it have a learned query each.

Letters: N batch, C channels, L depth of the latent grid, s its side, D depth of the prototypes,
P prototypes, K classes, Q = K + P nodes, classes first.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.reader.options import ReaderOptions


class MaskReader(nn.Module):
    """Reads the maps of all nodes from features that a network computed anyway."""

    def __init__(self, options: ReaderOptions) -> None:
        super().__init__()
        self.options = options
        width = options.width
        for level, stage in enumerate(options.stages):
            self.register_buffer(f"mean_{level}", torch.zeros(stage.channels))
            self.register_buffer(f"scale_{level}", torch.ones(stage.channels))
        self.laterals = nn.ModuleList(
            nn.Conv2d(stage.channels, width, kernel_size=1) for stage in options.stages
        )
        self.blocks = nn.ModuleList(_Block(width) for _ in options.stages)
        if options.depth:
            self.of_class = nn.Linear(options.depth, width, bias=False)
            self.of_prototype = nn.Linear(options.depth, width, bias=False)
        else:
            nodes = options.classes + options.prototypes
            self.query = nn.Parameter(torch.randn(nodes, width) * width**-0.5)

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The modules whose outputs it reads, the finest grid first."""
        return tuple(stage.name for stage in self.options.stages)

    def set_scale(self, features: Sequence[Tensor]) -> None:
        """Take mean and standard deviation of each channel from ``(N, C, h, w)`` of each stage."""
        for level, maps in enumerate(features):
            cells = maps.float().transpose(0, 1).flatten(1)
            deviation = cells.std(dim=1)
            getattr(self, f"mean_{level}").copy_(cells.mean(dim=1))
            floor = float(deviation.max()) * 1e-3 + 1e-6  # a channel that is hardly ever used
            getattr(self, f"scale_{level}").copy_(deviation.clamp_min(floor))

    def latent(self, features: Sequence[Tensor]) -> Tensor:
        """The latent grid ``(N, L, s, s)``.

        Args:
            features: ``(N, C, h, w)`` of each stage, the finest grid first.
        """
        total: Tensor | None = None
        for level in reversed(range(len(self.laterals))):
            maps = features[level].float()
            mean, scale = getattr(self, f"mean_{level}"), getattr(self, f"scale_{level}")
            maps = (maps - mean[:, None, None]) / scale[:, None, None]
            if maps.shape[-1] > self.options.cells:
                maps = functional.adaptive_avg_pool2d(maps, self.options.cells)
            lateral = self.laterals[level](maps)
            if total is not None:
                lateral = lateral + _resized(total, lateral.shape[-1])
            total = self.blocks[level](lateral)
        assert total is not None
        return _resized(total, self.options.cells)

    def queries(self, prototypes: Tensor | None, head: Tensor | None) -> Tensor:
        """The query ``(Q, L)`` of every node.

        Args:
            prototypes: ``(P, D)``; None for a reader with learned queries.
            head: ``(K, P)`` weights of the last layer, each class's less the mean of all where
                classes exclude each other; None as above.

        Raises:
            ValueError: prototypes or classes are of another shape.
        """
        if not self.options.depth:
            return self.query
        if prototypes is None or head is None or prototypes.shape[1] != self.options.depth:
            raise ValueError(f"this mask reader needs prototypes of depth {self.options.depth}")
        if head.shape != (self.options.classes, len(prototypes)):
            raise ValueError(
                f"this mask reader is for {self.options.classes} classes, not {len(head)}"
            )
        vectors = functional.normalize(prototypes.float(), dim=1)
        classes = functional.normalize(head.float() @ vectors, dim=1)
        return torch.cat([self.of_class(classes), self.of_prototype(vectors)])

    def forward(self, features: Sequence[Tensor], queries: Tensor) -> Tensor:
        """Maps ``(N, Q, s, s)`` of any range: the higher, the more a node rests on the cell."""
        return torch.einsum("nlhw,ql->nqhw", self.latent(features), queries)


def build_reader(options: ReaderOptions, seed: int = 0) -> MaskReader:
    """A new mask reader; the same options and seed give the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MaskReader(options)


class _Block(nn.Module):
    """Sees the cells around each cell, and mixes the channels; added to what comes in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(width, width, kernel_size=3, padding=1, groups=width)
        self.mix = nn.Conv2d(width, width, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, L, h, w)`` to the same shape."""
        mixed: Tensor = x + self.mix(functional.relu(self.around(x)))
        return mixed


def _resized(maps: Tensor, side: int) -> Tensor:
    if maps.shape[-1] == side:
        return maps
    return functional.interpolate(maps, size=(side, side), mode="bilinear", align_corners=False)


def node_queries(reader: MaskReader, network: nn.Module) -> Tensor:
    """The queries ``(Q, L)`` of a network's nodes: its classes, then its prototypes or concepts.

    Args:
        network: one with prototypes or with concepts in any frozen form, or another network if the
            queries are learned.
    """
    if not reader.options.depth:
        return reader.queries(None, None)
    prototypes: Tensor = getattr(network, "prototypes")  # noqa: B009
    weights: Tensor = network.get_parameter("head.weight")
    if not getattr(getattr(network, "options", None), "multi_label", False):
        weights = weights - weights.mean(dim=0)  # a softmax leaves what all classes share out
    directions = getattr(network, "directions", None)
    if directions is None:
        return reader.queries(prototypes, weights)
    # The numbers of concepts grow with the length of their directions, cosines do not.
    queries = reader.queries(directions, weights * directions.norm(dim=1))
    return queries[: reader.options.classes + len(prototypes)]


def query_depth(network: nn.Module) -> int:
    """D of the vectors that queries are made of; 0 of a network whose queries are learned."""
    if getattr(network, "prototype_ids", None) is None:
        return 0
    depth: int = getattr(network, "prototypes").shape[1]  # noqa: B009
    return depth


def check_reads(reader: MaskReader, network: nn.Module) -> None:
    """Refuse a reader that was not made for a network of this build.

    Raises:
        ValueError: the network lacks a stage, or has other prototypes or classes.
    """
    for name in reader.stage_names:
        try:
            network.get_submodule(name)
        except AttributeError as error:
            raise ValueError(f"the network has no module {name}") from error
    node_queries(reader, network)
