"""How far a heatmap can be trusted: what happens to the node when its pixels are shown or hidden.

Insertion reveals the image from its fill, the heatmap's highest pixels first; deletion hides it in
the same order (Petsiuk et al. 2018, section 4.3). A faithful heatmap has a high insertion and
a low deletion area. The same curves for a random smooth heatmap and for a centred Gaussian, neither
of which sees the network, are the controls. All figures hold for the named fill only.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dprotonet.explain.explanation import Faithfulness
from dprotonet.explain.masking.masks import centred, ranked, smooth_noise
from dprotonet.explain.masking.probe import Probe

CONTROLS = 3  # random heatmaps behind a control value


def measure(
    probe: Probe,
    heatmaps: Tensor,
    owners: Sequence[int],
    *,
    steps: int,
    area: float,
    generator: torch.Generator,
) -> list[Faithfulness]:
    """The faithfulness of heatmaps, all curves batched together.

    Args:
        probe: the image, its fill and the nodes.
        heatmaps: ``(N, S, S)``.
        owners: the index of each heatmap's node among the probe's.
        steps: points of the curves.
        area: the marked region's fraction of the image.
        generator: draws the random heatmaps, which are the same for all nodes.
    """
    count = len(heatmaps)
    random = smooth_noise(CONTROLS, probe.size, generator).to(heatmaps)
    centre = centred(probe.size, probe.valid_mask).to(heatmaps)
    ranks = ranked(torch.cat([heatmaps, centre[None], random]), probe.valid_mask)
    own, control = ranks[:count], ranks[count + 1 :]
    inserted, deleted = curves(probe, ranks[: count + 2], steps)  # own, centre, one random
    region = (own < area).float()
    random_region = (control < area).float()
    values = probe.values(torch.cat([1 - region, region, 1 - random_region]), exact=True)
    hidden, kept, random_hidden = values[:count], values[count : 2 * count], values[2 * count :]
    return [
        Faithfulness(
            insertion_auc=_area_under(inserted[i, :, q]),
            deletion_auc=_area_under(deleted[i, :, q]),
            random_insertion_auc=_area_under(inserted[-1, :, q]),
            random_deletion_auc=_area_under(deleted[-1, :, q]),
            hidden_value=float(hidden[i, q]),
            random_hidden_value=float(random_hidden[:, q].mean()),
            kept_value=float(kept[i, q]),
            area=area,
            steps=steps,
            fill=probe.fill_name,
            centre_insertion_auc=_area_under(inserted[-2, :, q]),
            centre_deletion_auc=_area_under(deleted[-2, :, q]),
            insertion=tuple(round(float(v), 6) for v in inserted[i, :, q]),
            deletion=tuple(round(float(v), 6) for v in deleted[i, :, q]),
        )
        for i, q in enumerate(owners)
    ]


def planned_passes(heatmaps: int, steps: int) -> int:
    """Forward passes of :func:`measure`."""
    return 2 * (heatmaps + 2) * (steps - 1) + 2 * heatmaps + CONTROLS


def curves(probe: Probe, ranks: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Insertion and deletion curves ``(N, steps + 1, Q)`` of ranks ``(N, S, S)`` in [0, 1]."""
    fractions = torch.arange(1, steps, device=ranks.device) / steps
    masks = (ranks[:, None] < fractions[:, None, None]).float().flatten(0, 1)
    values = probe.values(torch.cat([masks, 1 - masks]))
    inner = values.reshape(2, len(ranks), steps - 1, -1)
    first = probe.filled.expand(len(ranks), 1, -1)
    last = probe.before.expand(len(ranks), 1, -1)
    inserted = torch.cat([first, inner[0], last], dim=1)
    deleted = torch.cat([last, inner[1], first], dim=1)
    return inserted, deleted


def keep_and_remove(
    probe: Probe, heatmaps: Tensor, owners: Sequence[int], areas: Sequence[float]
) -> Tensor:
    """A cheap faithfulness: how much the node keeps with each region alone, and loses without it.

    Args:
        probe: the image, its fills and the nodes.
        heatmaps: ``(N, S, S)`` of any range; only their order counts.
        owners: the index of each heatmap's node among the probe's.
        areas: fractions of the image, each the size of a region.

    Returns:
        ``(N,)``: the mean over areas and the probe's fills of (value with only the region − value
        without it), in units of the span between image and first fill.
    """
    ranks = ranked(heatmaps, probe.valid_mask)
    fractions = torch.tensor(areas, device=ranks.device)
    fills = torch.arange(len(probe.fills), device=ranks.device)
    masks = (ranks[:, None] < fractions[:, None, None]).float()[:, :, None]
    masks = masks.expand(-1, -1, len(fills), -1, -1).flatten(0, 2)
    of_fill = fills.repeat(len(heatmaps) * len(areas))
    values = probe.values(torch.cat([masks, 1 - masks]), torch.cat([of_fill, of_fill]))
    values = values.reshape(2, len(heatmaps), len(areas) * len(fills), -1)
    at = torch.arange(len(heatmaps), device=values.device)
    node = torch.tensor(list(owners), device=values.device)
    difference = (values[0] - values[1]).mean(dim=1)[at, node]
    return difference / probe.span[node]


def _area_under(curve: Tensor) -> float:
    return float(torch.trapezoid(curve, dx=1 / (len(curve) - 1)))
