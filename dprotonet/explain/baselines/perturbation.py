"""Attributions from changes of the image itself: occlusion, integrated gradients and RISE.

Pixels change towards the probe's fill, as everywhere else, so that no method is measured under a
fill that it did not see. The first two are captum's.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from dprotonet.explain.baselines.baseline import Baseline
from dprotonet.explain.masking.fills import blurred
from dprotonet.explain.masking.masks import smooth_masks
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.settings import MDMSettings

WINDOW = 1 / 8  # side of the occluding square, fraction of S; it moves by half of that
GRADIENT_STEPS = 32  # between the fill and the image
SMOOTHING = 0.04  # standard deviation of the blur over integrated gradients, fraction of S
CELLS = 7  # along a side of RISE's masks


class Occlusion(Baseline):
    """Occlusion (Zeiler and Fergus 2014, 4.2): what hiding a square takes from the value."""

    name = "occlusion"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """captum passes once more for every node, unhidden."""
        window, stride = window_of(size)
        places = -(-(size - window) // stride) + 1
        return nodes * (places * places + 1), 0

    def raw(self, probe: Probe) -> Tensor:
        """What hiding takes, ``(Q, S, S)``, summed over the colours."""
        from captum import attr

        window, stride = window_of(probe.size)
        colours = len(probe.image)
        method = attr.Occlusion(_reader(probe))
        with torch.no_grad():
            return torch.stack(
                [
                    method.attribute(
                        probe.image[None],
                        sliding_window_shapes=(colours, window, window),
                        strides=(colours, stride, stride),
                        baselines=probe.fill[None],
                        target=q,
                        perturbations_per_eval=probe.batch,
                    )[0].sum(dim=0)
                    for q in range(len(probe.nodes))
                ]
            )


class IntegratedGradients(Baseline):
    """Integrated gradients (Sundararajan et al. 2017) from the fill to the image.

    Summed over the colours with their sign and smoothed: single pixels cannot be shown or hidden
    to any effect, and the curves of unsmoothed attributions fall far behind.
    """

    name = "integrated-gradients"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """As many forward as backward."""
        return (nodes * GRADIENT_STEPS,) * 2

    def raw(self, probe: Probe) -> Tensor:
        """The smoothed sums, ``(Q, S, S)``."""
        from captum import attr

        probe.need_gradient()
        method = attr.IntegratedGradients(_reader(probe))
        sums = []
        for q in range(len(probe.nodes)):
            gradients = method.attribute(
                probe.image[None],
                baselines=probe.fill[None],
                target=q,
                n_steps=GRADIENT_STEPS,
                internal_batch_size=probe.batch,
            )
            probe.work.count(0, GRADIENT_STEPS)
            sums.append(gradients[0].detach().sum(dim=0).float())
        return blurred(torch.stack(sums), SMOOTHING * probe.size)


class RISE(Baseline):
    """RISE (Petsiuk et al. 2018): the node's mean value over the random masks that show a pixel.

    Args:
        model: the network.
        settings: of the measures.
        masks: how many. On chest images 1,000 were no better than 150.
        options: as of every :class:`~dprotonet.explain.method.AttributionMethod`.
    """

    name = "rise"

    def __init__(
        self,
        model: nn.Module,
        settings: MDMSettings | None = None,
        *,
        masks: int = 150,
        **options: Any,
    ) -> None:
        super().__init__(model, settings, **options)
        self.masks = masks
        if masks != 150:
            self.name = f"rise-{masks}"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """One for each mask, whatever the nodes."""
        return self.masks, 0

    def raw(self, probe: Probe) -> Tensor:
        """Mean rises over the fill's value, ``(Q, S, S)``."""
        masks = smooth_masks(self.masks, probe.size, CELLS, probe.generator, probe.image.device)
        values = probe.values(masks) - probe.filled
        total = torch.einsum("nq,nyx->qyx", values, masks)
        return total / masks.sum(dim=0).clamp_min(1e-6)


def window_of(size: int) -> tuple[int, int]:
    """Side and stride of the occluding square in pixels."""
    window = max(2, round(WINDOW * size))
    return window, max(1, window // 2)


def _reader(probe: Probe) -> Callable[[Tensor], Tensor]:
    return lambda images: probe.read(images, exact=True)
