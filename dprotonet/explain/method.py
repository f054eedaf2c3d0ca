"""What all attribution methods have in common: images in, attributions and explanations out.

The classes follow captum's habits: ``GradCAM(model).attribute(x, target=3)``. Unlike captum's, one
class serves any node of a network, and :meth:`AttributionMethod.explain` measures what it computes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn

from dprotonet.errors import Unexplainable
from dprotonet.explain.attribution import Attribution
from dprotonet.explain.evaluation import evaluate, planned_passes
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.masking.heatmap import Heatmap
from dprotonet.explain.masking.probe import Probe, ProbeOptions
from dprotonet.explain.masking.progress import (
    CancelCallback,
    JointProgress,
    ProgressCallback,
    Work,
)
from dprotonet.explain.nodes import ClassNode, Node
from dprotonet.explain.settings import MDMSettings
from dprotonet.modeling.freezing.frozen import freeze
from dprotonet.modeling.freezing.network_copy import device_of, unwrapped

Target = int | Node | Sequence[int | Node] | Tensor


class CallOptions(TypedDict, total=False):
    """Options of a call, beside the images and the nodes."""

    valid_mask: Tensor | None  # (S, S) or (N, S, S) bool, False in the padding around the image
    seed: int  # of all that is drawn at random; 0
    progress: ProgressCallback | None  # called with the fraction done, rising to 1
    cancelled: CancelCallback | None  # asked before every batch of passes


class AttributionMethod(ABC):
    """One way to say which parts of an image a node of a network rests on.

    The network may be a DProtoNet or any module that gives logits ``(N, K)``. It is copied, frozen
    and kept as long as the network lives; the network itself is left as it is.

    Args:
        model: the network.
        settings: of the decoder, and of the measures of every method; the standard ones if None.
        node: what is explained in calls that name no node.
        temperature: the calibration of class probabilities.
    """

    name: str
    """As in :data:`dprotonet.names.METHODS`."""

    def __init__(
        self,
        model: nn.Module,
        settings: MDMSettings | None = None,
        *,
        node: Node | None = None,
        temperature: float = 1.0,
    ) -> None:
        self.model = model
        self.settings = settings or MDMSettings()
        self.node = node
        self.temperature = temperature

    @abstractmethod
    def heatmaps(self, probes: Sequence[Probe]) -> list[list[Heatmap]]:
        """For each image the heatmaps of its nodes. What is random comes from the probes'
        generators."""

    @abstractmethod
    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """Passes forward and backward for one image of side S and Q nodes, for the progress."""

    def attribute(
        self, x: Tensor, target: Target | None = None, **options: Unpack[CallOptions]
    ) -> Tensor:
        """The heatmap of one node for each image, without the measures of :meth:`explain`.

        Args:
            x: ``(3, S, S)`` or ``(N, 3, S, S)``, normalised as the network wants it.
            target: the index of a class or any node; a sequence has one for each image. The
                method's own node if None.
            options: :class:`CallOptions`.

        Returns:
            ``(1, S, S)`` or ``(N, 1, S, S)`` float32 in [0, 1] on the network's device: where in
            the image, whatever the colour. 0 in the padding, and everywhere if the node depends on
            no part of the image.

        Raises:
            ValueError: the images or the targets have another shape, or no node is named.
            Cancelled: ``cancelled`` returned True. Nothing is left behind.
            WrongRequest: the network has no such node, or not what the method needs.
            Unexplainable: an image or the network cannot be used as it is; the sentence says why.
        """
        images = _batch(x)
        nodes = self._targets(target, len(images))
        mask, progress = options.get("valid_mask"), options.get("progress")
        distinct = list(dict.fromkeys(nodes))
        result = [torch.empty(0)] * len(images)
        for done, node in enumerate(distinct):
            rows = [i for i, own in enumerate(nodes) if own == node]
            if progress is not None:
                options["progress"] = _part(progress, done, len(distinct))
            options["valid_mask"] = mask[rows] if mask is not None and mask.ndim == 3 else mask
            with torch.inference_mode(False), torch.enable_grad():
                probes, joint = self._open(images[rows], [node], options, measured=False)
                computed = self.heatmaps(probes)
                joint.finish()
            for row, (heatmap,) in zip(rows, computed, strict=True):
                result[row] = heatmap.values.detach()[None]
        return result[0] if x.ndim == 3 else torch.stack(result)

    def attribute_nodes(
        self, x: Tensor, nodes: Sequence[Node] | None = None, **options: Unpack[CallOptions]
    ) -> list[Attribution]:
        """Every node of every image, computed together and measured.

        Args:
            x: ``(3, S, S)`` or ``(N, 3, S, S)``, normalised as the network wants it.
            nodes: Q nodes; the method's own if None.
            options: :class:`CallOptions`.

        Returns:
            N × Q attributions, image by image. Heatmaps lie on the network's device.

        Raises:
            ValueError, Cancelled, WrongRequest, Unexplainable: as :meth:`attribute`.
        """
        return self._attributions(x, nodes, options, self.heatmaps)

    def explain(
        self, x: Tensor, nodes: Sequence[Node] | None = None, **options: Unpack[CallOptions]
    ) -> list[Explanation]:
        """The same as :meth:`attribute_nodes`, with heatmaps as arrays on the host."""
        attributions = self.attribute_nodes(x, nodes, **options)
        return [attribution.explanation() for attribution in attributions]

    def _attributions(
        self,
        x: Tensor,
        nodes: Sequence[Node] | None,
        options: CallOptions,
        heatmaps: Callable[[Sequence[Probe]], list[list[Heatmap]]],
    ) -> list[Attribution]:
        images = _batch(x)
        nodes = [self._own_node()] if nodes is None else nodes
        if not nodes or not len(images):
            return []
        seed = options.get("seed", 0)
        with torch.inference_mode(False), torch.enable_grad():
            probes, joint = self._open(images, nodes, options, measured=True)
            attributions = [
                attribution
                for probe, of_image in zip(probes, heatmaps(probes), strict=True)
                for attribution in evaluate(
                    probe, of_image, self.settings, seed=seed, method=self.name
                )
            ]
            joint.finish()
        return attributions

    def _watched(self, nodes: Sequence[Node]) -> Sequence[str]:
        """Modules of the network whose outputs of the image the method reads."""
        return ()

    def _generator(self, seed: int) -> torch.Generator:
        """Draws the fills of one image, and what the method draws for it."""
        return torch.Generator().manual_seed(seed)

    def _open(
        self, images: Tensor, nodes: Sequence[Node], options: CallOptions, *, measured: bool
    ) -> tuple[list[Probe], JointProgress]:
        """A probe for each image, so that its heatmaps are the same alone and in a batch."""
        valid_mask = options.get("valid_mask")
        probes = [
            open_probe(
                self.model,
                image,
                nodes,
                self.settings,
                valid_mask=valid_mask[i]
                if valid_mask is not None and valid_mask.ndim == 3
                else valid_mask,
                temperature=self.temperature,
                generator=self._generator(options.get("seed", 0)),
                cancelled=options.get("cancelled"),
                watch=self._watched(nodes),
            )
            for i, image in enumerate(images)
        ]
        joint = JointProgress([probe.work for probe in probes], options.get("progress"))
        forward, backward = self.passes(images.shape[-1], len(nodes))
        measuring = planned_passes(self.settings, len(nodes)) if measured else 2
        joint.plan(forward + measuring, backward)
        return probes, joint

    def _own_node(self) -> Node:
        if self.node is None:
            name = type(self).__name__
            raise ValueError(
                f"Say which node: {name}(model, node=…), attribute(x, target) or explain(x, nodes)."
            )
        return self.node

    def _targets(self, target: Target | None, images: int) -> list[Node]:
        """One node for each image."""
        if isinstance(target, Tensor):
            target = target.tolist()
        if target is None:
            return [self._own_node()] * images
        if not isinstance(target, Sequence):
            return [_node(target)] * images
        if len(target) != images:
            raise ValueError(f"There are {len(target)} targets for {images} images.")
        return [_node(one) for one in target]


def open_probe(
    model: nn.Module,
    image: Tensor,
    nodes: Sequence[Node],
    settings: MDMSettings,
    *,
    generator: torch.Generator,
    valid_mask: Tensor | None = None,
    temperature: float = 1.0,
    cancelled: CancelCallback | None = None,
    watch: Sequence[str] = (),
) -> Probe:
    """One image ready to be masked, with the settings' fills and scale.

    Raises:
        ValueError: the image is not ``(C, S, S)``.
        Unexplainable: the image or what the network makes of it cannot be used; the sentence says
            which and why.
    """
    if image.ndim != 3 or image.shape[1] != image.shape[2]:
        raise ValueError(f"An image is (C, S, S), not {tuple(image.shape)}.")
    model = unwrapped(model)
    image = image.detach().clone().float().to(device_of(model, image.device))
    if not bool(image.isfinite().all()):
        raise Unexplainable(
            "This image has pixels that are not finite numbers (NaN or infinity). "
            "Replace them, then explain it again."
        )
    if valid_mask is not None and bool(valid_mask.all()):
        valid_mask = None
    network = freeze(model, image[None], settings.precision)
    return Probe(
        network,
        image,
        nodes,
        ProbeOptions(
            fills=settings.fills,
            fill_sigma=settings.fill_sigma,
            class_scale=settings.class_scale,
            temperature=temperature,
            multi_label=bool(getattr(getattr(model, "options", None), "multi_label", False)),
            batch=network.fitting(settings.batch, settings.memory_mb),
        ),
        valid_mask=None if valid_mask is None else valid_mask.to(image.device),
        generator=generator,
        work=Work(cancelled=cancelled),
        watch=watch,
    )


def _batch(x: Tensor) -> Tensor:
    images = x[None] if x.ndim == 3 else x
    if images.ndim != 4 or images.shape[-1] != images.shape[-2]:
        raise ValueError(
            f"Images are (C, S, S) or (N, C, S, S), mostly (3, S, S), not {tuple(x.shape)}."
        )
    return images


def _node(target: int | Node) -> Node:
    return ClassNode(target) if isinstance(target, int) else target


def _part(progress: ProgressCallback, done: int, parts: int) -> ProgressCallback:
    """The progress of one of several parts that come one after the other."""
    return lambda fraction: progress((done + fraction) / parts)
