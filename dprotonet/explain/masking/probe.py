"""One image under many masks: the one place where images are masked, run and counted."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dprotonet.errors import Unexplainable
from dprotonet.explain.masking.fills import make_fill
from dprotonet.explain.masking.progress import Work
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import Node
from dprotonet.modeling.freezing.frozen import FrozenNetwork
from dprotonet.modeling.reader.watching import outputs_watched

NO_GRADIENTS = (
    "The gradients of this network are not finite numbers for this image, so there is no heatmap. "
    "Choose a method that needs no gradient: occlusion, rise or scorecam."
)


@dataclass(frozen=True)
class ProbeOptions:
    """How an image is masked, and how its nodes are read."""

    fills: tuple[str, ...] = ("blur",)  # what hidden pixels show; the first unless another is named
    fill_sigma: float = 12 / 224  # the standard deviation of a blurred fill, fraction of S
    class_scale: str = "probability"  # of class nodes
    temperature: float = 1.0  # the calibration of class nodes
    multi_label: bool = False  # each class has a sigmoid of its own
    batch: int = 16  # images in one graph


class Probe:
    """Masks in, node values out, for one image and Q nodes.

    Counts the passes in its :class:`Work` after every batch and stops at once when cancelled.

    Attributes:
        whole: what the network gives for the unmasked image.
        outputs: what watched modules gave for the unmasked image, by name.
        fills: ``(F, 3, S, S)``, what hidden pixels show.
        before: ``(Q,)`` node values of the image.
        filled: ``(Q,)`` node values of the first fill.
        span: ``(Q,)`` their distance, never 0.
    """

    def __init__(
        self,
        network: FrozenNetwork,
        image: Tensor,
        nodes: Sequence[Node],
        options: ProbeOptions = ProbeOptions(),
        *,
        generator: torch.Generator,
        valid_mask: Tensor | None = None,
        work: Work | None = None,
        watch: Sequence[str] = (),
    ) -> None:
        """Run the image and its fill once, in full precision.

        Args:
            network: the frozen copies.
            image: ``(3, S, S)`` normalised.
            nodes: what is explained.
            options: of the masking and of the nodes' values.
            generator: of a fill of noise, and of all that a method draws at random.
            valid_mask: ``(S, S)`` bool, False in the padding around the image.
            work: counts the passes; a new one if None.
            watch: names of modules whose outputs of the image are wanted.
        """
        self.network, self.nodes, self.image = network, list(nodes), image
        self.valid_mask, self.generator = valid_mask, generator
        self.work = Work() if work is None else work
        self.whole: object = None
        self.work.check()
        with torch.no_grad(), outputs_watched(network.exact, watch) as self.outputs:
            self.whole = network.run(image[None], exact=True)
        self.work.count(1, 0)
        self._apply(options, generator)

    def _apply(self, options: ProbeOptions, generator: torch.Generator | None) -> None:
        """Make the fills, and read the nodes on the whole image and on the first fill."""
        self.options = options
        self.fills = torch.stack(
            [
                make_fill(
                    fill, self.image, self.valid_mask, sigma=options.fill_sigma, generator=generator
                )
                for fill in options.fills
            ]
        )
        with torch.no_grad():
            self.before = self.values_of(self.whole)[0]
            self.filled = self.values(torch.zeros_like(self.image[:1]), exact=True)[0]
        span = self.before - self.filled
        self.span = span.abs().clamp_min(1e-4 * self.before.abs().clamp_min(1e-2))

    def under(self, fills: tuple[str, ...], class_scale: str) -> "Probe":
        """The same image, network and work under other fills and another scale."""
        other = copy.copy(self)
        other._apply(replace(self.options, fills=fills, class_scale=class_scale), None)
        return other

    @property
    def batch(self) -> int:
        """The most images in one graph."""
        return self.options.batch

    @property
    def fill_name(self) -> str:
        """The name of the first fill."""
        return self.options.fills[0]

    @property
    def size(self) -> int:
        """S, the side of the network's grid."""
        return int(self.image.shape[-1])

    @property
    def fill(self) -> Tensor:
        """``(3, S, S)``: the first fill."""
        return self.fills[0]

    def masked(self, masks: Tensor, fills: Tensor | None = None) -> Tensor:
        """``(N, 3, S, S)``: the image where a mask ``(N, S, S)`` is 1, a fill where it is 0.

        ``fills`` ``(N,)`` int64 says which of the fills; the first if None.
        """
        hidden = self.fills[:1] if fills is None else self.fills[fills]
        return torch.lerp(hidden, self.image[None], masks[:, None].to(self.image.dtype))

    def values(
        self,
        masks: Tensor,
        fills: Tensor | None = None,
        *,
        scale: str | None = None,
        exact: bool = False,
    ) -> Tensor:
        """Node values ``(N, Q)`` under masks ``(N, S, S)``, without gradient, batch by batch.

        ``scale`` is that of class nodes; the probe's own if None.
        """
        if fills is None:
            fills = torch.zeros(len(masks), dtype=torch.int64, device=masks.device)
        batches = zip(masks.split(self.batch), fills.split(self.batch), strict=True)
        with torch.no_grad():
            return torch.cat(
                [
                    self.read(self.masked(mask, fill), scale=scale, exact=exact)
                    for mask, fill in batches
                ]
            )

    def traced(self, masks: Tensor) -> Tensor:
        """Node values ``(N, Q)`` of one batch, with the graph back to the masks."""
        return self.read(self.masked(masks))

    def read(self, images: Tensor, *, scale: str | None = None, exact: bool = False) -> Tensor:
        """Node values ``(N, Q)`` of one batch of images ``(N, 3, S, S)`` as they are."""
        self.work.check()
        values = self.values_of(self.network.run(images, exact=exact), scale=scale)
        self.work.count(len(images), 0)
        return values

    def values_of(
        self, output: object, *, scale: str | None = None, own: Tensor | None = None
    ) -> Tensor:
        """Node values ``(N, Q)`` in what the network gave for N images.

        Args:
            output: of the network.
            scale: of class nodes; the probe's own if None.
            own: ``(N, P, D)`` pooled vectors to which vector nodes compare; this image's if None.

        Raises:
            Unexplainable: a value is not a finite number.
        """
        values = node_values(
            output,
            self.nodes,
            class_scale=scale or self.options.class_scale,
            temperature=self.options.temperature,
            own=self.own_vectors if own is None else own,
            multi_label=self.options.multi_label,
        )
        if not bool(values.isfinite().all()):
            raise Unexplainable(
                "The network gives values for this image, or for parts of it, that are not finite "
                "numbers, so there is no heatmap. Look for NaN or infinity in its weights."
            )
        return values

    def need_gradient(self) -> None:
        """Stop here if no gradient comes back to the image.

        Raises:
            Unexplainable: the sentence names methods that do without.
        """
        need_gradient(self.network)

    @property
    def own_vectors(self) -> Tensor | None:
        """``(1, P, D)``: what the network pools from the whole image, None without prototypes."""
        return getattr(self.whole, "vectors", None)


def need_gradient(network: FrozenNetwork) -> None:
    """Stop here if no gradient comes back to a network's image.

    Raises:
        Unexplainable: the sentence names methods that do without.
    """
    if not network.differentiable:
        raise Unexplainable(
            "No gradient comes back from this network's logits to its image: something in its "
            "forward (no_grad, detach, NumPy, a write in place) cuts it off. Take that out, or "
            "choose a method that needs no gradient: occlusion, rise or scorecam."
        )


def check_gradients(grids: Sequence[Tensor]) -> None:
    """Refuse gradients that would spoil the grids silently.

    Raises:
        Unexplainable: one is not a finite number.
    """
    if not all(bool(grid.grad.isfinite().all()) for grid in grids if grid.grad is not None):
        raise Unexplainable(NO_GRADIENTS)
