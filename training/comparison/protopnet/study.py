"""A plain network, ProtoPNet before and after its pruning, and a DProtoNet, on the same images.

All fitting uses training images, every choice validation images, every figure test images. Pruning
costs what the pruned network has less than the very network that it was pruned from.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dprotonet.modeling.model import DProtoNet
from training.comparison.prototype_row import prototype_row
from training.comparison.table import tabulate
from training.evaluation.metrics import auroc
from training.fitting.context import SplitRows, TrainingContext
from training.fitting.fit import FittedNetwork, fit_network
from training.fitting.protopnet.patch_pruning import PatchRule, kept_rows, without_pruned
from training.presets import variant
from training.recipe import weights_name

_log = logging.getLogger(__name__)
PRUNED, WHOLE, CUT_ONLY = "protopnet, pruned", "protopnet", "protopnet, pruned, same last layer"
OTHERS = {"dprotonet": "dprotonet:start=kmeans", "plain": "blackbox"}
"""Beside ProtoPNet: name in the study, and the preset."""
VARIANTS = (PRUNED, WHOLE, CUT_ONLY, *OTHERS)


def study(
    context: TrainingContext,
    rows: SplitRows,
    seeds: Sequence[int],
    *,
    preset: str = "protopnet",
    rule: PatchRule | None = None,
    out: Path,
) -> dict[str, Any]:
    """Train all networks under every seed and measure them.

    Args:
        rows: of the split.
        preset: of ProtoPNet; keys of the recipe may follow it.
        rule: of the pruning; None for the published one.
        out: folder of checkpoints.

    Returns:
        Plain values for a JSON file: those of :func:`training.comparison.table.tabulate`, in which
        the pruned network is what all others are compared with, for each seed what went, and the
        accuracy of the most probable class, which no threshold moves, under "most_probable".
    """
    records = [
        record
        for seed in seeds
        for record in _records(context, rows, seed, preset, rule or PatchRule(), out)
    ]
    table = tabulate(context, records, VARIANTS)
    for figures in table["variants"].values():
        del figures["minutes"]  # of a study that goes on those of its last run alone
    return {
        "recipe": context.recipe.to_json() | {"weights": weights_name(context.recipe)},
        "preset": preset,
        "seeds": list(seeds),
        "rule": dataclasses.asdict(rule or PatchRule()),
        "images": {name: len(part) for name, part in dataclasses.asdict(rows).items()},
        "pruning": [r["pruning"] for r in records if r["name"] == PRUNED],
        **table,
        "most_probable": None if context.images.multi_label else _most_probable(context, records),
    }


def _most_probable(context: TrainingContext, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy, as published: of the most probable class instead of the one that is called."""
    called = [r | {"called": np.argmax(r["probabilities"], axis=1).tolist()} for r in records]
    table = tabulate(context, called, VARIANTS)
    return {
        "variants": {name: figures["accuracy"] for name, figures in table["variants"].items()},
        "differences": {name: pair["accuracy"] for name, pair in table["differences"].items()},
    }


def _records(
    context: TrainingContext,
    rows: SplitRows,
    seed: int,
    preset: str,
    rule: PatchRule,
    out: Path,
) -> Iterator[dict[str, Any]]:
    """All networks of one seed."""
    own, whole = _fitted(context, rows, seed, preset, out)
    model, similarities = whole.network, whole.similarities
    assert isinstance(model, DProtoNet) and similarities is not None
    keep = kept_rows(model, similarities, own, rows, rule)
    counts = [0] * len(model.options.classes)
    for p in keep:
        counts[model.options.prototype_classes[p]] += 1
    pruning = {"seed": seed, "before": len(model.prototype_ids), "kept_by_class": counts}
    _log.info("seed %d: %d of %d prototypes kept", seed, len(keep), len(model.prototype_ids))
    finished = {
        WHOLE: whole,
        PRUNED: without_pruned(whole, keep, own, rows, l1=rule.l1),
        CUT_ONLY: without_pruned(whole, keep, own, rows, l1=None),
    }
    for name, fitted in finished.items():
        yield _record(own, rows, fitted, name, seed) | {"pruning": pruning}
    for name, other in OTHERS.items():
        own, fitted = _fitted(context, rows, seed, other, out)
        yield _record(own, rows, fitted, name, seed)


def _fitted(
    context: TrainingContext, rows: SplitRows, seed: int, preset: str, out: Path
) -> tuple[TrainingContext, FittedNetwork]:
    recipe = dataclasses.replace(variant(context.recipe, preset), seed=seed)
    own = dataclasses.replace(context, recipe=recipe, resume=True)
    folder = out / "checkpoints" / f"{preset.partition(':')[0]}-{seed}"
    return own, fit_network(own, rows, out=folder)


def _record(
    run: TrainingContext, rows: SplitRows, fitted: FittedNetwork, name: str, seed: int
) -> dict[str, Any]:
    """One finished network, as a row of the table is made of."""
    scored = fitted.predictions(run, rows.test)
    validation = fitted.predictions(run, rows.validation)
    network = fitted.network.to(run.device)
    return {
        "name": name,
        "seed": seed,
        "sample_ids": [run.images.samples[i].sample_id for i in rows.test.tolist()],
        "probabilities": scored.probabilities.tolist(),
        "called": scored.calls().astype(int).tolist(),
        "validation": {"auroc": _auroc(validation.probabilities, validation.labels)},
        "chosen": {},
        "prototypes": prototype_row(run, rows, network),
        "seconds": fitted.seconds,
    }


def _auroc(probabilities: Any, labels: Any) -> float | None:
    area = auroc(probabilities, labels)
    return None if np.isnan(area) else float(area)
