"""A reader's map refined for one image, inside what stays put.

The steps are the search's own (:mod:`dprotonet.explain.mdm.search`). They begin with the reader's
map, the mean over views of the image, and move nothing finer than cells of an eighth of its side,
which cannot speckle. After every step a map is scored under a fill that judges and is searched with
by nobody. One that does not better the reader's own by :data:`LEAST_GAIN` is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dprotonet.explain.explanation import READER, REFINED, VIEWED
from dprotonet.explain.faithfulness import keep_and_remove
from dprotonet.explain.masking.heatmap import Heatmap, inked
from dprotonet.explain.masking.masks import enlarged, standardised
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.mdm.search import Subject, learn, open_subjects
from dprotonet.explain.reader.reading import places
from dprotonet.explain.reader.views import mean_latent
from dprotonet.explain.settings import HELD_OUT, MDMSettings
from dprotonet.modeling.reader.mask_reader import MaskReader, node_queries

STEP = 0.1
"""Of a step, beside a map of standard deviation 1: half of a search's, whose start is worse."""

LEAST_GAIN = 0.05
"""Of the span between image and fill, by which a step must better the reader's own map."""

AREAS = (0.02, 0.08, 0.25)
"""Fractions of the image that are kept and removed under it."""


def drawn(probe: Probe, reader: MaskReader, settings: MDMSettings) -> list[Heatmap]:
    """The heatmaps of one image's nodes: the reader's own, refined if steps are asked for.

    Args:
        probe: its first pass was watched at the reader's stages.
        reader: marks all of the probe's nodes.

    Raises:
        Unexplainable: no gradient comes back from the network, or none that is finite.
    """
    best = starts = _starts(probe, reader, settings.reader_views)
    own = READER if settings.reader_views == 1 else VIEWED
    if not settings.refine_steps:
        return [replace(inked(one, probe.valid_mask), drawn_by=own) for one in starts]
    probe.need_gradient()
    subjects = open_subjects([probe], [starts], replace(settings, sizes=settings.refine_sizes))
    held_out = probe.under((HELD_OUT,), settings.search_scale)
    least = _scores(held_out, best) + LEAST_GAIN
    taken = torch.zeros(len(subjects), dtype=torch.int64)
    done = 0

    def keep_better() -> None:
        nonlocal best, least, done
        done += 1
        now = _maps(subjects)
        given = _scores(held_out, now)
        better = given > least
        best = torch.where(better[:, None, None], now, best)
        least, taken[better.cpu()] = torch.maximum(least, given), done

    learn(
        subjects,
        replace(settings, steps=settings.refine_steps, step_size=STEP),
        deadline=lambda: 0 < settings.deadline_s < probe.work.seconds,
        on_step=keep_better,
    )
    return [
        replace(
            inked(one, probe.valid_mask),
            stop_reason=subject.stop_reason if step else "held-out fill",
            drawn_by=REFINED if step else own,
        )
        for one, subject, step in zip(best, subjects, taken.tolist(), strict=True)
    ]


def planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    """Forward and backward passes of :func:`drawn` for one image, if it is not cut short."""
    views = settings.reader_views - 1  # the image itself has passed before
    if not settings.refine_steps:
        return views, 0
    learned = settings.refine_steps * settings.areas_per_step * 2 * nodes
    scored = (settings.refine_steps + 1) * 2 * len(AREAS) * nodes
    return views + learned + scored + 1, learned


def _starts(probe: Probe, reader: MaskReader, views: int) -> Tensor:
    """The reader's maps ``(Q, S, S)``, each with mean 0 and standard deviation 1 in the image."""
    latent = mean_latent(probe, reader, views)
    with torch.no_grad():
        queries = node_queries(reader, probe.network.exact)[places(reader, probe.nodes)]
        maps = torch.einsum("lhw,ql->qhw", latent, queries)
        return standardised(enlarged(maps, probe.size), probe.valid_mask)


def _maps(subjects: Sequence[Subject]) -> Tensor:
    with torch.no_grad():
        return torch.stack([subject.attribution() for subject in subjects])


def _scores(probe: Probe, maps: Tensor) -> Tensor:
    return keep_and_remove(probe, maps, list(range(len(maps))), AREAS)
