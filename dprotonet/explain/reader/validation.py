"""How good a mask reader is on images and under a fill that it was not trained with."""

from __future__ import annotations

import torch

from dprotonet.explain.masking.fills import make_fill
from dprotonet.explain.reader.objective import hard_masks
from dprotonet.explain.reader.state import ReaderTraining
from dprotonet.explain.reader.step import masked_gaps
from dprotonet.explain.settings import HELD_OUT


def held_out_gap(training: ReaderTraining) -> float:
    """The mean gap, in standard deviations of the nodes' values, where hidden pixels show a mosaic.

    Of each validation image the leading class and, where there are prototypes, the one that is most
    similar beside what it is for others; under masks of exactly the highest fractions.
    """
    settings, gaps = training.settings, []
    rows = training.images.validation[: settings.validation_images]
    with torch.no_grad():
        for part in rows.split(settings.batch):
            images = training.load(part)
            valid_masks = training.images.valid(part, images)
            pairs = zip(images, valid_masks, strict=True)
            fills = torch.stack([make_fill(HELD_OUT, one, inside) for one, inside in pairs])
            values, maps = training.read(images)
            at = torch.arange(len(part), device=maps.device)
            even = (values - training.scale.mean) / training.scale.deviation
            nodes = [values[:, : training.classes].argmax(dim=1)]
            if even.shape[1] > training.classes:
                nodes.append(training.classes + even[:, training.classes :].argmax(dim=1))
            for node in nodes:
                masks = hard_masks(maps[at, node], settings.validation_areas, valid_masks)
                for area in range(masks.shape[1]):
                    before = values[at, node]
                    gaps.append(masked_gaps(training, images, fills, masks[:, area], before, node))
    return float(torch.cat(gaps).mean())
