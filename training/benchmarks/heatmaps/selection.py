"""Which images of a split a plan takes; none is ever dropped again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from dprotonet.errors import ReadableError
from training.benchmarks.heatmaps.records import row_name
from training.datasets.samples import Sample
from training.evaluation.faithfulness import evenly_spaced

Confirm = Callable[[Sample], bool]
"""Whether it is known what a network's class of an image rests on."""


@dataclass(frozen=True)
class EvidentImages:
    """Keys of rows.

    Attributes:
        images: of which it is known what their class rests on, those planned before among them.
        unconfirmed: those that were tried now and have no such evidence.
    """

    images: tuple[str, ...]
    unconfirmed: tuple[str, ...]


def named(samples: Sequence[Sample], before: Sequence[str]) -> dict[str, Sample]:
    """All of a split by the names of their rows.

    Args:
        before: names that were planned.

    Raises:
        ReadableError: one of those is not there any more.
    """
    by_name = {row_name(position, sample): sample for position, sample in enumerate(samples)}
    missing = [name for name in before if name not in by_name]
    if missing:
        raise ReadableError(
            f"The split has no image {missing[0]} any more. Give the data that the plan was begun "
            "on, or another --out."
        )
    return by_name


def spread_images(
    by_name: Mapping[str, Sample], count: int, before: Sequence[str], besides: Collection[str]
) -> tuple[str, ...]:
    """Those planned before, and more at even distances among the others.

    In the order of the ids' hashes, so that the images that are done are at any time a fair sample.

    Args:
        by_name: all of the split, in its order.
        count: of images, those planned before among them.
        before: names of those.
        besides: names that are left out.
    """
    taken = {*before, *besides}
    rest = {sample.sample_id: name for name, sample in by_name.items() if name not in taken}
    others = [sample for sample in by_name.values() if sample.sample_id in rest]
    more = evenly_spaced(others, count - len(before)) if count > len(before) and others else []
    return tuple(sorted([*before, *(rest[sample.sample_id] for sample in more)], key=_by_hash))


def evident_images(
    by_name: Mapping[str, Sample],
    count: int,
    before: Sequence[str],
    besides: Collection[str],
    confirm: Confirm,
) -> EvidentImages:
    """Those planned before, and more whose evidence is known and confirmed, as many as there are.

    They are tried in the order of the ids' hashes, which knows nothing of what they show.

    Args:
        by_name, count, before, besides: as of :func:`spread_images`.
        confirm: asked of one image after the other until there are enough.

    Raises:
        ReadableError: there is none.
    """
    images, unconfirmed = list(before), list[str]()
    for name in sorted(by_name.keys() - {*before, *besides}, key=_by_hash):
        if len(images) >= count:
            break
        if by_name[name].evidence is None:
            continue
        (images if confirm(by_name[name]) else unconfirmed).append(name)
    if not images:
        raise ReadableError(
            "Of no image of this split it is known what its class rests on for this network "
            f"({len(unconfirmed)} were tried). Leave --evidence out, or choose other data."
        )
    return EvidentImages(tuple(sorted(images, key=_by_hash)), tuple(unconfirmed))


def _by_hash(name: str) -> str:
    return name.partition("-")[2]
