"""What will be compared: written before the first image; afterwards it can only be extended."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dprotonet.errors import ReadableError
from training.benchmarks.heatmaps.measures.names import FAITHFULNESS, PLACES, STABILITY
from training.benchmarks.heatmaps.selection import (
    Confirm,
    evident_images,
    named,
    spread_images,
)
from training.datasets.samples import Sample
from training.evaluation.faithfulness import NODES
from training.io import write_json

SCALE = dict(zip(NODES, ("probability", "similarity"), strict=True))
"""The scale of the primary figure, by kind of node."""
_IN_WORDS = {
    "recall_10": "fraction of the known evidence in the class's highest tenth of the image",
    "peak_near": "the class's peak within 15 px of the known evidence",
    "peak_inside": "the class's peak inside the known evidence",
    STABILITY: "mean rank correlation of the class's heatmaps under noise, JPEG and a shift",
}
_FILE = "plan.json"
_FIXED = ("bundle", "digest", "split", "nodes", "fills", "steps", "seed")
# With the values of plans that were written down before these could be asked for.
_LATER: Mapping[str, Any] = {"evidence": False, "stability": False}


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
        evidence: only images are scored of which it is known, and confirmed for this network, what
            their class rests on.
        stability: heatmaps of the class are computed again on slightly changed images.
        primary_figures: what is declared of the primary ones, out of
            :data:`~training.benchmarks.heatmaps.measures.names.PRIMARY_FIGURES`.
        primary_fills: fills of those contrasts; None for all.
        unconfirmed: keys of images that were tried and whose evidence was not confirmed.
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
    evidence: bool = False
    stability: bool = False
    primary_figures: tuple[str, ...] = (FAITHFULNESS,)
    primary_fills: tuple[str, ...] | None = None
    unconfirmed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.steps < 2:
            raise ReadableError("A curve has at least 2 steps. Give --steps 16.")
        if (self.evidence or self.stability) and "class" not in self.nodes:
            raise ReadableError(
                "Evidence and stability are measured of the class. Add class to --nodes."
            )
        self._check_primary()

    def _check_primary(self) -> None:
        missing = [name for name in self.primary if name not in self.methods]
        if missing:
            raise ReadableError(
                f"--primary names {missing[0]}, which is not compared. Add it to --methods."
            )
        if self.first in self.primary:
            raise ReadableError(
                f"{self.first} cannot be compared with itself. Leave it out of --primary."
            )
        unmeasured = [name for name in self.primary_fills or () if name not in self.fills]
        if unmeasured:
            raise ReadableError(
                f"--primary-fills names {unmeasured[0]}, under which nothing is scored. "
                "Add it to --fills."
            )
        for figure in self.primary_figures:
            needs = {STABILITY: self.stability, **dict.fromkeys(PLACES, self.evidence)}
            if not needs.get(figure, True):
                option = "--stability" if figure == STABILITY else "--evidence"
                raise ReadableError(
                    f"--primary-figures names {figure}, which is not measured. Add {option}."
                )

    @property
    def first(self) -> str:
        """The method that all others are compared with."""
        return next(iter(self.methods))

    def contrasts(self) -> list[tuple[str, str, str]]:
        """The primary ones of faithfulness: (node, fill, other method)."""
        if FAITHFULNESS not in self.primary_figures:
            return []
        fills = self.fills if self.primary_fills is None else self.primary_fills
        return [(n, f, other) for n in self.nodes for f in fills for other in self.primary]

    def other_contrasts(self) -> list[tuple[str, str]]:
        """The primary ones of evidence and stability: (figure, other method)."""
        figures = [name for name in self.primary_figures if name != FAITHFULNESS]
        return [(figure, other) for figure in figures for other in self.primary]

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the primary contrasts in words."""
        plain = asdict(self)
        plain["films"] = plain.pop("images")  # the key of plans that were written down before
        return plain | {
            "figure": "insertion area minus deletion area of the class's calibrated probability, "
            "or of the prototype's similarity; mean over images, bootstrap by patient",
            "contrasts": [
                *(
                    f"{self.first} minus {other}: {SCALE[node]} of the {node} node, fill {fill}"
                    for node, fill, other in self.contrasts()
                ),
                *(
                    f"{self.first} minus {other}: {_IN_WORDS[figure]}"
                    for figure, other in self.other_contrasts()
                ),
            ],
            "adjusted_by": "Holm, over all contrasts named here",
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """The reverse of :meth:`to_json`."""
        plain = {key: values[key] for key in (*_FIXED, "methods")}
        plain |= {key: values.get(key, default) for key, default in _LATER.items()}
        plain |= {key: tuple(values[key]) for key in ("nodes", "fills", "primary")}
        for key in ("primary_figures", "primary_fills", "unconfirmed"):
            if values.get(key) is not None:
                plain[key] = tuple(values[key])
        return cls(**plain, images=tuple(values["films"]))


def begin_or_extend(
    requested: Plan,
    samples: Sequence[Sample],
    count: int,
    out: Path,
    besides: Collection[str] = (),
    confirm: Confirm | None = None,
) -> Plan:
    """Write the plan into ``out``: the requested one, or the one begun there with its additions.

    Args:
        requested: by this call, without images.
        samples: all of the split.
        count: images to score, those already planned among them.
        besides: images of earlier comparisons, which are left out, so that what was learned from
            those is confirmed on others.
        confirm: whether it is known what the class of an image rests on; needed by a plan of
            evidence, which takes no other images.

    Raises:
        ReadableError: the request changes what a begun plan has fixed, or no image's evidence is
            known.
    """
    plan, begun = requested, read_plan(out)
    if begun is not None:
        _refuse_changes(begun, _json_like(requested), out)
        plan = replace(begun, methods={**begun.methods, **requested.methods})
    by_name = named(samples, plan.images)
    if plan.evidence:
        if confirm is None:
            raise ValueError("A plan of evidence needs to know which images have any.")
        with_evidence = evident_images(
            by_name, count, plan.images, {*besides, *plan.unconfirmed}, confirm
        )
        plan = replace(
            plan,
            images=with_evidence.images,
            unconfirmed=(*plan.unconfirmed, *with_evidence.unconfirmed),
        )
    else:
        plan = replace(plan, images=spread_images(by_name, count, plan.images, besides))
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


def _refuse_changes(begun: Plan, requested: Plan, out: Path) -> None:
    mend = (
        "Give the same arguments, or another --out: a plan is not changed once images are scored."
    )
    for key in (*_FIXED, *_LATER):
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
    if requested.primary and _declared(requested) != _declared(begun):
        raise ReadableError(
            f"{out} was begun with contrasts of {_text(_declared(begun))}, not of "
            f"{_text(_declared(requested))}. {mend}"
        )
    for name in set(requested.methods) & set(begun.methods):
        before, now = begun.methods[name]["settings"], requested.methods[name]["settings"]
        changed = [k for k in {**before, **now} if before.get(k) != now.get(k)]
        if changed:
            key = changed[0]
            raise ReadableError(
                f"{out} was begun with {name} at {key}={before.get(key)}, not {now.get(key)}. "
                f"{mend}"
            )


def _declared(plan: Plan) -> list[str]:
    """What the primary contrasts are of: figures, and the fills of faithfulness."""
    fills = dict.fromkeys(fill for _, fill, _ in plan.contrasts())
    return [name for name in plan.primary_figures if name != FAITHFULNESS] + [*fills]


def _text(value: Any) -> str:
    return " ".join(value) if isinstance(value, (list, tuple)) else str(value)
