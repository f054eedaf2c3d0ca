"""Measuring the heatmaps of a method: the same for every method."""

import torch

from dprotonet.explain import faithfulness
from dprotonet.explain.attribution import Attribution
from dprotonet.explain.masking.heatmap import Heatmap
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.settings import MDMSettings


def evaluate(
    probe: Probe,
    heatmaps: list[Heatmap],
    settings: MDMSettings,
    *,
    seed: int,
    method: str,
) -> list[Attribution]:
    """Measure the heatmaps of one image, with the facts about each.

    Args:
        probe: the image, whose work has counted the method's own passes.
        heatmaps: one for each of the probe's nodes.
        settings: of the measures.
        seed: of the random heatmaps that the faithfulness is compared with.
        method: its name.
    """
    values = torch.stack([heatmap.values for heatmap in heatmaps])
    own_passes, own_seconds = probe.work.forward_passes, probe.work.seconds
    after = probe.values(values, exact=True).diagonal()
    measured = faithfulness.measure(
        probe,
        values,
        list(range(len(heatmaps))),
        steps=settings.faithfulness_steps,
        area=settings.faithfulness_area,
        generator=torch.Generator().manual_seed(seed + 1),
    )
    seconds = probe.work.seconds
    return [
        Attribution(
            node=node.name,
            heatmap=values[q],
            masks=heatmap.masks,
            raw_range=heatmap.raw_range,
            value_before=float(probe.before[q]),
            value_after=float(after[q]),
            passes_forward=probe.work.forward_passes,
            passes_backward=probe.work.backward_passes,
            seconds=seconds,
            stop_reason=heatmap.stop_reason,
            settings_digest=settings.digest,
            seed=seed,
            faithfulness=measured[q],
            method=method,
            precision=probe.network.precision,
            nodes_in_call=len(probe.nodes),
            measuring_passes=probe.work.forward_passes - own_passes,
            measuring_seconds=seconds - own_seconds,
            drawn_by=heatmap.drawn_by,
        )
        for q, (node, heatmap) in enumerate(zip(probe.nodes, heatmaps, strict=True))
    ]


def planned_passes(settings: MDMSettings, nodes: int) -> int:
    """Forward passes of :func:`evaluate`, and of the image and its fill before it."""
    return faithfulness.planned_passes(nodes, settings.faithfulness_steps) + nodes + 2
