"""Explain and score image by image; each scored heatmap is on disk before the next is computed."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from training.benchmarks.heatmaps.measures.fills import filled_by, other_image
from training.benchmarks.heatmaps.measures.names import OTHER
from training.benchmarks.heatmaps.measures.stability import stability_figures
from training.benchmarks.heatmaps.methods import ConfiguredMethod
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.records import finished, rounded, row_name
from training.benchmarks.heatmaps.sample import OpenedSample, open_sample
from training.benchmarks.heatmaps.scoring import MaskedImage, Scorer, curves_json
from training.comparison.row_file import RowFile

if TYPE_CHECKING:
    from dprotonet.explain.explanation import Explanation
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample

_log = logging.getLogger(__name__)

METHOD_CODE = (
    "dprotonet.explain",
    "dprotonet.modeling.freezing.folding",
    "dprotonet.modeling.freezing.frozen",
    "dprotonet.modeling.freezing.fused_conv",
    "dprotonet.modeling.logits",
    "dprotonet.modeling.freezing.low_precision",
    "dprotonet.modeling.freezing.network_copy",
    "dprotonet.modeling.freezing.passing",
)
"""Packages, with all below them, and modules that a method's heatmap depends on."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What scoring needs beside the images.

    Attributes:
        methods: those of this call; the plan may hold more.
    """

    predictor: Predictor
    plan: Plan
    methods: tuple[ConfiguredMethod, ...]
    scorer: Scorer


def collect(comparison: Comparison, samples: Sequence[Sample], out: Path) -> None:
    """Complete the rows of all planned images.

    Args:
        samples: all of the plan's split.
        out: folder of the rows; a heatmap that is in them is not computed again.
    """
    plan, names = comparison.plan, [method.name for method in comparison.methods]
    by_name = {row_name(position, sample): sample for position, sample in enumerate(samples)}
    row_file = RowFile(out)
    unfinished = [name for name in plan.images if not finished(row_file.rows, [name], names)]
    started = time.perf_counter()
    for done, name in enumerate(unfinished, 1):
        score_image(comparison, by_name, row_file, name)
        seconds = time.perf_counter() - started
        _log.info(
            "bench: image %d of %d, %.0f s, about %.0f min to go",
            *(done, len(unfinished), seconds, seconds / done * (len(unfinished) - done) / 60),
        )
    row_file.compact(plan.images)


def score_image(
    comparison: Comparison, samples: Mapping[str, Sample], row_file: RowFile, name: str
) -> None:
    """Compute and score the heatmaps that the image's row lacks; write it after each method.

    Args:
        samples: by the name of their rows.
        name: of the image's row.
    """
    plan, scorer, predictor = comparison.plan, comparison.scorer, comparison.predictor
    opened = open_sample(predictor, samples[name], plan.nodes, evidence=plan.evidence)
    before = row_file.rows.get(name, {"methods": {}})
    head, other = opened.head(), None
    if OTHER in plan.fills:
        head["other"] = before.get("other") or other_image(name, plan.images, samples)
        other = filled_by(
            samples[head["other"]],
            predictor.bundle.preprocessing,
            opened.x,
            opened.valid_mask,
            evidence=plan.evidence,
        )
    image = MaskedImage.with_fills(opened.x, opened.valid_mask, plan.fills, other=other)
    end_values = {kind: scorer.end_values(image, node) for kind, node in opened.nodes.items()}
    row = rounded(head | {"ends": end_values}) | {"methods": dict(before["methods"])}
    for method in comparison.methods:
        if method.name in row["methods"]:
            continue
        entry: dict[str, Any] = {"code": method_code()}
        for kind, node in opened.nodes.items():
            # One node alone, so that its seconds are its own.
            explanation = method.explain(
                predictor, opened.x, opened.valid_mask, [node], seed=plan.seed
            )[0]
            heatmap = torch.from_numpy(explanation.heatmap)
            started = time.perf_counter()
            curves = scorer.curves(image, node, heatmap, end_values[kind])
            entry[kind] = {
                **_cost(explanation),
                **_heatmap_figures(explanation, opened, kind),
                "judging_seconds": time.perf_counter() - started,
                "fills": curves_json(curves),
            }
            if plan.stability and kind == "class":
                entry["stability"] = stability_figures(
                    method, predictor, opened, explanation.heatmap, plan.seed
                )
        row["methods"][method.name] = rounded(entry)
        row_file.append(name, row)


def _cost(explanation: Explanation) -> dict[str, Any]:
    """Passes are images; the seconds of the method's own measuring stand apart."""
    return {
        "seconds": explanation.seconds - explanation.measuring_seconds,
        "measuring_seconds": explanation.measuring_seconds,
        "forward": explanation.passes_forward - explanation.measuring_passes,
        "backward": explanation.passes_backward,
        "measuring_passes": explanation.measuring_passes,
        "stop": explanation.stop_reason,
        "precision": explanation.precision,
    }


def _heatmap_figures(explanation: Explanation, opened: OpenedSample, kind: str) -> dict[str, Any]:
    """The heatmap's mean over the image; of a class also where it lies."""
    image = opened.valid_mask.cpu().numpy()
    mean = {"mean_of_map": float(explanation.heatmap[image].mean())}
    return mean | (opened.localisation(explanation.heatmap) if kind == "class" else {})


@cache
def method_code() -> str:
    """Twelve digits that change with any line of the methods' code."""
    return code_digest(METHOD_CODE)


def code_digest(names: Iterable[str]) -> str:
    """Twelve hexadecimal digits of the source of packages, with all below them, and of modules.

    Raises:
        ModuleNotFoundError: a name is none of the two.
    """
    digest = hashlib.sha256()
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        source = Path(spec.origin)
        is_package = spec.submodule_search_locations is not None
        for file in sorted(source.parent.rglob("*.py")) if is_package else (source,):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
