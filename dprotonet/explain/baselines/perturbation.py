"""Maps from changes of the image itself, through captum: occlusion and integrated gradients.

Pixels change towards the probe's fill, as everywhere else, so that no method is judged by a fill
that it did not see.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dprotonet.explain.masking.fills import blurred
from dprotonet.explain.masking.probe import Probe

WINDOW = 1 / 8  # side of the occluding square, share of S; it moves by half of that
GRADIENT_STEPS = 32  # between the fill and the image
SMOOTHING = 0.04  # standard deviation of the blur over integrated gradients, share of S


def occlusion(probe: Probe) -> Tensor:
    """Occlusion (Zeiler and Fergus 2014, 4.2): what hiding a square takes, ``(Q, S, S)``."""
    from captum.attr import Occlusion

    window, stride = window_of(probe.size)
    colours = len(probe.image)
    method = Occlusion(_read(probe))
    maps = []
    for q in range(len(probe.nodes)):
        with torch.no_grad():
            found = method.attribute(
                probe.image[None],
                sliding_window_shapes=(colours, window, window),
                strides=(colours, stride, stride),
                baselines=probe.fill[None],
                target=q,
                perturbations_per_eval=probe.batch,
            )
        maps.append(found[0].sum(dim=0))
    return torch.stack(maps)


def integrated_gradients(probe: Probe) -> Tensor:
    """Integrated gradients (Sundararajan et al. 2017) from the fill to the image, ``(Q, S, S)``.

    Summed over the colours with their sign and smoothed: single pixels cannot be shown or hidden
    to any effect, and the curves of unsmoothed maps fall far behind.
    """
    from captum.attr import IntegratedGradients

    probe.need_gradient()
    method = IntegratedGradients(_read(probe))
    maps = []
    for q in range(len(probe.nodes)):
        found = method.attribute(
            probe.image[None],
            baselines=probe.fill[None],
            target=q,
            n_steps=GRADIENT_STEPS,
            internal_batch_size=probe.batch,
        )
        probe.work.count(0, GRADIENT_STEPS)
        maps.append(found[0].detach().sum(dim=0).float())
    return blurred(torch.stack(maps), SMOOTHING * probe.size)


def window_of(size: int) -> tuple[int, int]:
    """Side and stride of the occluding square in pixels."""
    window = max(2, round(WINDOW * size))
    return window, max(1, window // 2)


def occlusion_passes(size: int, nodes: int) -> int:
    """Forward passes of :func:`occlusion`: captum passes once more for every node, unhidden."""
    window, stride = window_of(size)
    places = -(-(size - window) // stride) + 1
    return nodes * (places * places + 1)


def _read(probe: Probe) -> Callable[[Tensor], Tensor]:
    return lambda images: probe.read(images, exact=True)
