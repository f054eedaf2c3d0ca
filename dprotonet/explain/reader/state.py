"""What one training of a mask reader holds: the frozen network, its nodes, the reader."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dprotonet.errors import Unexplainable
from dprotonet.explain.masking.probe import need_gradient
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import Node
from dprotonet.explain.reader.images import ReaderImages
from dprotonet.explain.reader.objective import ValueScale
from dprotonet.explain.reader.reading import all_nodes, watched_pass
from dprotonet.explain.reader.settings import ReaderSettings
from dprotonet.modeling.freezing.frozen import FrozenNetwork, freeze
from dprotonet.modeling.freezing.network_copy import device_of, own_copy, unwrapped
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.reader.mask_reader import (
    MaskReader,
    build_reader,
    node_queries,
    query_depth,
)
from dprotonet.modeling.reader.options import ReaderOptions, fitting_width
from dprotonet.modeling.reader.stages import find_stages

_FROZEN_WITH = 8  # training images, most of which must survive bfloat16 if that is used
_SCALED_ON = 64  # training images that say how features and values lie


@dataclass(frozen=True, eq=False)
class ReaderTraining:
    """One training, from its opening to its last step.

    Attributes:
        frozen: the network that the reader is for.
        nodes: its Q nodes, K classes first.
        classes: K.
        multi_label: the classes do not exclude each other.
        images: like those that the reader is for.
        reader: on the device; its weights are changed in place.
        scale: of the nodes' values.
    """

    frozen: FrozenNetwork
    nodes: list[Node]
    classes: int
    multi_label: bool
    images: ReaderImages
    settings: ReaderSettings
    device: torch.device
    reader: MaskReader
    scale: ValueScale

    def load(self, rows: Tensor) -> Tensor:
        """``(n, 3, S, S)`` on the device."""
        return self.images.load(rows).to(self.device)

    def values(self, images: Tensor) -> Tensor:
        """Node values ``(n, Q)``; classes as log-odds."""
        return _values(self.frozen.run(images), self.nodes, self.multi_label)

    def read(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Node values ``(n, Q)`` of images, and the reader's maps ``(n, Q, s, s)`` with a graph."""
        with torch.no_grad():
            output, features = watched_pass(self.frozen, self.reader.stage_names, images)
        queries = node_queries(self.reader, self.frozen.exact)
        maps: Tensor = self.reader(features, queries)
        return _values(output, self.nodes, self.multi_label), maps


def open_training(
    model: nn.Module, images: ReaderImages, settings: ReaderSettings, seed: int
) -> ReaderTraining:
    """A new reader for a network, with the scales of features and values that it starts from.

    Raises:
        Unexplainable: the network gives no gradient, no maps, or values that are not finite.
    """
    model = unwrapped(model)
    examples = images.load(images.train[:_FROZEN_WITH])
    examples = examples.detach().float().to(device_of(model, examples.device))
    frozen, example = freeze(model, examples, settings.precision), examples[:1]
    need_gradient(frozen)
    stages = find_stages(own_copy(model, example), example, frozen.folded.network, frozen.exact)
    with torch.no_grad():
        output = frozen.run(example, exact=True)
    classes = logits_of(output).shape[1]
    nodes = all_nodes(output)
    depth = query_depth(frozen.exact)
    width = fitting_width(stages, depth)
    learned = 0 if depth else len(nodes) - classes
    options = ReaderOptions(stages, settings.cells, width, depth, classes, learned)
    reader = build_reader(options, seed).to(example.device)
    multi_label = bool(getattr(getattr(model, "options", None), "multi_label", False))
    rows = images.train
    rows = rows[torch.linspace(0, len(rows) - 1, min(len(rows), _SCALED_ON)).long()]
    values, levels = [], []
    with torch.no_grad():
        for part in rows.split(settings.batch):
            inputs = images.load(part).to(example.device)
            output, features = watched_pass(frozen, reader.stage_names, inputs)
            values.append(_values(output, nodes, multi_label))
            levels.append([maps.float() for maps in features])
    reader.set_scale([torch.cat(level) for level in zip(*levels, strict=True)])
    scale = ValueScale.of(_finite(torch.cat(values)))
    return ReaderTraining(
        frozen, nodes, classes, multi_label, images, settings, example.device, reader, scale
    )


def _values(output: object, nodes: list[Node], multi_label: bool) -> Tensor:
    return node_values(output, nodes, class_scale="log_odds", multi_label=multi_label)


def _finite(values: Tensor) -> Tensor:
    if not bool(values.isfinite().all()):
        raise Unexplainable(
            "The network gives values for these images that are not finite numbers, so no mask "
            "reader can be fitted. Look for NaN or infinity in its weights."
        )
    return values
