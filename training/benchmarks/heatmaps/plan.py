"""What will be compared: written before the first image; afterwards it can only be extended."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dprotonet.errors import ReadableError
from training.benchmarks.heatmaps.records import row_name
from training.datasets.samples import Sample
from training.evaluation.faithfulness import NODES, evenly_spaced
from training.io import write_json

SCALE = dict(zip(NODES, ("probability", "similarity"), strict=True))
"""The scale of the primary figure, by kind of node."""
_FILE = "plan.json"
_FIXED = ("bundle", "digest", "split", "nodes", "fills", "steps", "seed")


@dataclass(frozen=True)
class Plan:
    """The comparison.

    Attributes:
        bundle: the network's name.
        digest: of the bundle.
        split: whose images are scored.
        nodes: kinds out of :data:`training.evaluation.faithfulness.NODES`.
        fills: what hidden pixels show while a heatmap is scored.
        steps: points of a curve, less one.
        seed: of the methods' masks.
        methods: by name, as :meth:`ConfiguredMethod.to_json` gives them; the first is compared
            with all others.
        primary: those others whose differences were declared beforehand.
        images: keys of their rows, in the order in which they are scored.
    """

    bundle: str
    digest: str
    split: str
    nodes: tuple[str, ...]
    fills: tuple[str, ...]
    steps: int
    seed: int
    methods: Mapping[str, Mapping[str, Any]]
    primary: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.steps < 2:
            raise ReadableError("A curve has at least 2 steps. Give --steps 16.")
        missing = [name for name in self.primary if name not in self.methods]
        if missing:
            raise ReadableError(
                f"--primary names {missing[0]}, which is not compared. Add it to --methods."
            )
        if self.first in self.primary:
            raise ReadableError(
                f"{self.first} cannot be compared with itself. Leave it out of --primary."
            )

    @property
    def first(self) -> str:
        """The method that all others are compared with."""
        return next(iter(self.methods))

    def contrasts(self) -> list[tuple[str, str, str]]:
        """The primary ones: (node, fill, other method)."""
        return [(n, f, other) for n in self.nodes for f in self.fills for other in self.primary]

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the primary contrasts in words."""
        plain = asdict(self)
        plain["films"] = plain.pop("images")  # the key of plans that were written down before
        return plain | {
            "figure": "insertion area minus deletion area of the class's calibrated probability, "
            "or of the prototype's similarity; mean over images, bootstrap by patient",
            "contrasts": [
                f"{self.first} minus {other}: {SCALE[node]} of the {node} node, fill {fill}"
                for node, fill, other in self.contrasts()
            ],
            "adjusted_by": "Holm, over all contrasts named here",
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """The reverse of :meth:`to_json`."""
        plain = {key: values[key] for key in (*_FIXED, "methods")}
        plain |= {key: tuple(values[key]) for key in ("nodes", "fills", "primary")}
        return cls(**plain, images=tuple(values["films"]))


def begin_or_extend(
    requested: Plan,
    samples: Sequence[Sample],
    count: int,
    out: Path,
    besides: Collection[str] = (),
) -> Plan:
    """Write the plan into ``out``: the requested one, or the one begun there with its additions.

    Args:
        requested: by this call, without images.
        samples: all of the split.
        count: images to score, those already planned among them.
        besides: images of earlier comparisons, which are left out, so that what was learned from
            those is confirmed on others.

    Raises:
        ReadableError: the request changes what a begun plan has fixed.
    """
    plan, begun = requested, read_plan(out)
    if begun is not None:
        _refuse_changes(begun, _json_like(requested), out)
        plan = replace(begun, methods={**begun.methods, **requested.methods})
    plan = replace(plan, images=_images(samples, count, plan.images, besides))
    write_json(out / _FILE, plan.to_json())
    return plan


def read_plan(out: Path) -> Plan | None:
    """The plan that was begun in a folder, if one was."""
    file = out / _FILE
    if not file.is_file():
        return None
    return Plan.from_json(json.loads(file.read_text(encoding="utf-8")))


def _json_like(plan: Plan) -> Plan:
    """The plan as it comes back from its file: tuples inside settings are lists there."""
    return Plan.from_json(json.loads(json.dumps(plan.to_json())))


def _images(
    samples: Sequence[Sample], count: int, before: Sequence[str], besides: Collection[str]
) -> tuple[str, ...]:
    """Those planned before, and more at even distances among the others.

    In the order of the ids' hashes, so that the images that are done are at any time a fair sample.
    """
    by_name = {row_name(position, sample): sample for position, sample in enumerate(samples)}
    missing = [name for name in before if name not in by_name]
    if missing:
        raise ReadableError(
            f"The split has no image {missing[0]} any more. Give the data that the plan was begun "
            "on, or another --out."
        )
    taken = {*before, *besides}
    rest = {sample.sample_id: name for name, sample in by_name.items() if name not in taken}
    others = [sample for sample in samples if sample.sample_id in rest]
    more = evenly_spaced(others, count - len(before)) if count > len(before) and others else []
    images = [*before, *(rest[sample.sample_id] for sample in more)]
    return tuple(sorted(images, key=lambda name: name.partition("-")[2]))


def _refuse_changes(begun: Plan, requested: Plan, out: Path) -> None:
    mend = (
        "Give the same arguments, or another --out: a plan is not changed once images are scored."
    )
    for key in _FIXED:
        before, now = getattr(begun, key), getattr(requested, key)
        if before != now:
            raise ReadableError(
                f"{out} was begun with {key} {_text(before)}, not {_text(now)}. {mend}"
            )
    if requested.first != begun.first:
        raise ReadableError(
            f"{out} compares all methods with {begun.first}. Name it first, or give another --out."
        )
    if requested.primary and requested.primary != begun.primary:
        was = _text(begun.primary) if begun.primary else "none"
        raise ReadableError(f"{out} was begun with the primary contrasts {was}. {mend}")
    for name in set(requested.methods) & set(begun.methods):
        before, now = begun.methods[name]["settings"], requested.methods[name]["settings"]
        changed = [k for k in {**before, **now} if before.get(k) != now.get(k)]
        if changed:
            key = changed[0]
            raise ReadableError(
                f"{out} was begun with {name} at {key}={before.get(key)}, not {now.get(key)}. "
                f"{mend}"
            )


def _text(value: Any) -> str:
    return " ".join(value) if isinstance(value, (list, tuple)) else str(value)
