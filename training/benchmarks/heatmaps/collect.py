"""Drawing and judging, image by image; every heatmap that is judged is kept at once."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import dprotonet.explain
from dprotonet.explain.baselines.registry import METHODS
from training.benchmarks.heatmaps.methods import Contender
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.records import finished, rounded, row_name
from training.benchmarks.heatmaps.sample import Subject, open_subject
from training.benchmarks.heatmaps.scoring import Judge, MaskedImage, curves_json
from training.comparison.row_file import RowFile

if TYPE_CHECKING:
    from dprotonet.explain.explanation import Explanation
    from dprotonet.explain.nodes import Node
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Work:
    """All that judging needs beside the images.

    Attributes:
        contenders: those of this call; the plan may hold more.
    """

    predictor: Predictor
    plan: Plan
    contenders: tuple[Contender, ...]
    judge: Judge


def collect(work: Work, samples: Sequence[Sample], out: Path) -> None:
    """Complete the rows of all planned images.

    Args:
        samples: all of the plan's split.
        out: folder of the rows; what is there is not done again.
    """
    named = {row_name(position, sample): sample for position, sample in enumerate(samples)}
    names = [one.name for one in work.contenders]
    row_file = RowFile(out)
    open_ones = [name for name in work.plan.images if not finished(row_file.rows, [name], names)]
    started = time.perf_counter()
    for done, name in enumerate(open_ones, 1):
        judge_image(work, named[name], row_file, name)
        spent = time.perf_counter() - started
        _log.info(
            "bench: image %d of %d, %.0f s, about %.0f min to go",
            *(done, len(open_ones), spent, spent / done * (len(open_ones) - done) / 60),
        )
    row_file.compact(work.plan.images)


def judge_image(work: Work, sample: Sample, row_file: RowFile, name: str) -> None:
    """Draw and judge what the image's row lacks; the row is written after every method."""
    plan, judge = work.plan, work.judge
    subject = open_subject(work.predictor, sample, plan.nodes)
    image = MaskedImage.of(subject.x, subject.valid_mask, plan.fills)
    ends = {kind: judge.ends(image, node) for kind, node in subject.nodes.items()}
    before = row_file.rows.get(name, {"methods": {}})
    row = rounded(subject.head() | {"ends": ends}) | {"methods": dict(before["methods"])}
    for contender in work.contenders:
        if contender.name in row["methods"]:
            continue
        found: dict[str, Any] = {"code": method_code()}
        for kind, node in subject.nodes.items():
            drawn = _drawn(work, contender, subject, node)
            heatmap = torch.from_numpy(drawn.heatmap)
            started = time.perf_counter()
            curves = judge.curves(image, node, heatmap, ends[kind])
            found[kind] = _cost(drawn) | _shape(drawn, subject, kind)
            found[kind]["judging_seconds"] = time.perf_counter() - started
            found[kind]["fills"] = curves_json(curves)
        row["methods"][contender.name] = rounded(found)
        row_file.append(name, row)


def _drawn(work: Work, contender: Contender, subject: Subject, node: Node) -> Explanation:
    """One node alone, so that its seconds are its own."""
    return METHODS[contender.method](
        work.predictor.model,
        subject.x,
        [node],
        settings=contender.settings,
        temperature=work.judge.temperature,
        valid_mask=subject.valid_mask,
        seed=work.plan.seed,
    )[0]


def _cost(drawn: Explanation) -> dict[str, Any]:
    """Passes are images; what the method's own measuring took stands apart."""
    return {
        "seconds": drawn.seconds - drawn.measuring_seconds,
        "measuring_seconds": drawn.measuring_seconds,
        "forward": drawn.passes_forward - drawn.measuring_passes,
        "backward": drawn.passes_backward,
        "measuring_passes": drawn.measuring_passes,
        "stop": drawn.stop_reason,
        "precision": drawn.precision,
    }


def _shape(drawn: Explanation, subject: Subject, kind: str) -> dict[str, float]:
    """The heatmap's mean over the image, and for the class where it lies against the truth."""
    image = subject.valid_mask.cpu().numpy()
    mean = {"mean_of_map": float(drawn.heatmap[image].mean())}
    return mean | (subject.place(drawn.heatmap) if kind == "class" else {})


@cache
def method_code() -> str:
    """Twelve digits that change with any line of the methods' code."""
    digest = hashlib.sha256()
    for file in sorted(Path(dprotonet.explain.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
