"""What all methods have in common: an image opened to be masked, and its maps measured."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import torch
from torch import Tensor, nn

from dprotonet.errors import Unexplainable
from dprotonet.explain import faithfulness
from dprotonet.explain.attribution import Attribution
from dprotonet.explain.masking.heatmap import Heatmap
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.nodes import Node
from dprotonet.explain.settings import MDMSettings
from dprotonet.modeling.frozen import freeze
from dprotonet.modeling.network_copy import device_of, unwrapped

Progress = Callable[[float], None]
Cancel = Callable[[], bool]


class Options(TypedDict, total=False):
    """What every method may be told beside the network, the image and the nodes."""

    settings: MDMSettings | None  # fill, scale and measures; of MDM all
    temperature: float  # the calibration of class probabilities; 1
    valid_mask: Tensor | None  # (S, S) bool, False in the padding around the image
    seed: int  # of all that is drawn at random; 0
    progress: Progress | None  # told the share done, rising to 1
    cancelled: Cancel | None  # asked before every batch of passes


def open_probe(
    model: nn.Module,
    image: Tensor,
    nodes: Sequence[Node],
    settings: MDMSettings,
    *,
    valid_mask: Tensor | None,
    temperature: float,
    generator: torch.Generator,
    progress: Progress | None,
    cancelled: Cancel | None,
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
        valid_mask=None if valid_mask is None else valid_mask.to(image.device),
        fills=settings.fills,
        fill_sigma=settings.fill_sigma,
        class_scale=settings.class_scale,
        temperature=temperature,
        multi_label=bool(getattr(getattr(model, "options", None), "multi_label", False)),
        batch=network.fitting(settings.batch, settings.memory_mb),
        generator=generator,
        progress=progress,
        cancelled=cancelled,
    )


def conclude(
    probe: Probe,
    heatmaps: list[Heatmap],
    settings: MDMSettings,
    *,
    seed: int,
    stop_reason: str,
    method: str,
) -> list[Attribution]:
    """Measure the heatmaps, one for each of the probe's nodes, and write down what is known."""
    maps = torch.stack([heatmap.map for heatmap in heatmaps])
    found_passes, found_seconds = probe.work.forward_passes, probe.work.seconds
    owners = list(range(len(heatmaps)))
    after = probe.values(maps, exact=True).diagonal()
    measured = faithfulness.measure(
        probe,
        maps,
        owners,
        steps=settings.faithfulness_steps,
        area=settings.faithfulness_area,
        generator=torch.Generator().manual_seed(seed + 1),
    )
    seconds = probe.work.seconds
    return [
        Attribution(
            node=node.name,
            map=maps[q],
            raw_range=heatmaps[q].raw_range,
            value_before=float(probe.before[q]),
            value_after=float(after[q]),
            passes_forward=probe.work.forward_passes,
            passes_backward=probe.work.backward_passes,
            seconds=seconds,
            stop_reason=stop_reason,
            settings_digest=settings.digest,
            seed=seed,
            faithfulness=measured[q],
            method=method,
            precision=probe.network.precision,
            nodes_in_call=len(probe.nodes),
            measuring_passes=probe.work.forward_passes - found_passes,
            measuring_seconds=seconds - found_seconds,
        )
        for q, node in enumerate(probe.nodes)
    ]


def planned_for(settings: MDMSettings, nodes: int, forward: int, backward: int) -> tuple[int, int]:
    """A method's own passes and those that measure its maps."""
    measured = faithfulness.planned_passes(nodes, settings.faithfulness_steps)
    return forward + measured + nodes + 2, backward
