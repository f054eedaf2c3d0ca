"""The command from its request to its files: plan, rows, costs, table, page and plot."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.benchmarks.heatmaps.cost import AVX2, measure_costs
from training.benchmarks.heatmaps.cost import FILE as COST_FILE
from training.benchmarks.heatmaps.measures.names import FAITHFULNESS, PLACES, STABILITY
from training.benchmarks.heatmaps.methods import ConfiguredMethod, parse_methods
from training.benchmarks.heatmaps.page import markdown
from training.benchmarks.heatmaps.plan import Plan, begin_or_extend, read_plan
from training.benchmarks.heatmaps.plot import plot
from training.benchmarks.heatmaps.records import Row, finished
from training.benchmarks.heatmaps.row_columns import RESAMPLES
from training.benchmarks.heatmaps.selection import Confirm
from training.benchmarks.heatmaps.table import tabulate
from training.comparison.row_file import RowFile
from training.data.splits import Split
from training.datasets.samples import Sample
from training.distributed import is_shared
from training.evaluation.evaluate import split_samples
from training.fitting.run_folder import note_start, start_record
from training.io import write_json, write_text

_log = logging.getLogger(__name__)
NAME = "bench"  # of the files with the results


@dataclass(frozen=True)
class Request:
    """What one call asks for.

    Attributes:
        methods: as :func:`training.benchmarks.heatmaps.methods.parse_methods` reads them; where
            none is named, those of the plan that was begun, or all there are.
        primary: names among them.
        count: images to score.
        besides: folders of earlier comparisons, whose images are left out.
        evidence: score only images of which it is known, and confirmed for this network, what their
            class rests on.
        stability: compute the class's heatmaps again on slightly changed images.
        primary_figures: what is declared of the primary ones; none for all that is measured.
        primary_fills: fills of those contrasts; none for all.
        so_far: score no more images, tabulate those that are done.
        cost: images on which each method's cost is measured; 0 leaves it out.
        cost_avx2: measure it a second time as on a processor without bfloat16.
        command: with which to repeat the call.
    """

    methods: Sequence[str] = ()
    primary: Sequence[str] = ()
    split: Split = "test"
    count: int = 100
    nodes: Sequence[str] = ("class", "prototype")
    fills: Sequence[str] = ("blur", "mean", "noise")
    steps: int = 16
    seed: int = 0
    besides: Sequence[Path] = ()
    evidence: bool = False
    stability: bool = False
    primary_figures: Sequence[str] = ()
    primary_fills: Sequence[str] = ()
    so_far: bool = False
    cost: int = 0
    cost_avx2: bool = False
    resamples: int = RESAMPLES
    device: str = "cpu"
    command: str = ""


def benchmark(folder: Path, data: Path | None, request: Request, out: Path) -> str:
    """Score the methods and write the results.

    Args:
        folder: of the bundle.
        data: of the data set that its recipe names.
        request: what is asked for.
        out: for plan, rows and results; give it again to go on.

    Returns:
        The page.

    Raises:
        ReadableError: an argument is wrong, the data cannot be had, ``out`` holds another plan, or
            several processes were started by torchrun.
    """
    if is_shared():
        raise ReadableError("bench runs in one process. Start it without torchrun.")
    begun = read_plan(out)
    if request.so_far and begun is None:
        raise ReadableError(f"{out} holds no plan. Leave --so-far out to begin one.")
    methods = parse_methods(request.methods or (tuple(begun.methods) if begun else ()))
    bundle = Bundle.load(folder)
    if begun is not None and request.so_far:
        if request.cost:
            samples = split_samples(bundle, data, request.split)
            _measure(folder, begun, methods, samples, request, out)
        return report(begun, methods, request, out)
    samples = split_samples(bundle, data, request.split)
    requested = _plan(bundle, methods, request)
    plan = begin_or_extend(
        requested,
        samples,
        request.count,
        out,
        _besides(request),
        _confirm(bundle, request.device) if request.evidence else None,
    )
    note_start(out, start_record(command=request.command, device=request.device))
    _collect(bundle, plan, methods, samples, request.device, out)
    if request.cost:
        _measure(folder, plan, methods, samples, request, out)
    return report(plan, methods, request, out)


def report(plan: Plan, requested: Sequence[ConfiguredMethod], request: Request, out: Path) -> str:
    """Tabulate the methods that are finished on every image, or on as many as are done so far."""
    rows = RowFile(out).rows
    names = {plan.first, *(method.name for method in requested)}
    methods = [name for name in plan.methods if name in names or not request.so_far]
    if not request.so_far:
        methods = [name for name in methods if _is_done(rows, plan, name)]
    images = finished(rows, plan.images, methods) if plan.first in methods else []
    if not images:
        raise ReadableError(
            f"No image is scored under all of {' '.join(names)} yet. Name methods that are done or "
            "leave --so-far out."
        )
    table = tabulate(plan, methods, images, resamples=request.resamples)
    table["unfinished"] = [name for name in plan.methods if name not in methods]
    table |= _alone(out, methods)
    plain = plan.to_json()
    page = markdown(plain, table, request.command)
    write_json(out / f"{NAME}.json", {"plan": plain, "command": request.command, **table})
    write_text(out / f"{NAME}.md", page)
    plot(table, out / f"{NAME}.svg")
    return page


def _plan(bundle: Bundle, methods: Sequence[ConfiguredMethod], request: Request) -> Plan:
    return Plan(
        bundle=bundle.name,
        digest=bundle.digest,
        split=request.split,
        nodes=tuple(request.nodes),
        fills=tuple(request.fills),
        steps=request.steps,
        seed=request.seed,
        methods={method.name: method.to_json() for method in methods},
        primary=tuple(request.primary),
        evidence=request.evidence,
        stability=request.stability,
        primary_figures=tuple(request.primary_figures) or _all_figures(request),
        primary_fills=tuple(request.primary_fills) or None,
    )


def _all_figures(request: Request) -> tuple[str, ...]:
    """All that is measured and may be declared."""
    evidence = PLACES if request.evidence else ()
    return (FAITHFULNESS, *evidence, *((STABILITY,) if request.stability else ()))


def _confirm(bundle: Bundle, device: str) -> Confirm:
    """Whether a sample's evidence is known, and this network needs it."""
    from dprotonet.inference.predictor import Predictor
    from training.evaluation.evidence.check import confirmed_evidence

    predictor = Predictor(bundle, device, gate=False)
    return lambda sample: confirmed_evidence(predictor, sample) is not None


def _besides(request: Request) -> set[str]:
    """The images of the earlier comparisons."""
    images: set[str] = set()
    for folder in request.besides:
        plan = read_plan(folder)
        if plan is None or plan.split != request.split:
            raise ReadableError(
                f"{folder} holds no comparison on the {request.split} split. Give --besides "
                "the --out of one."
            )
        images |= set(plan.images)
    return images


def _measure(
    folder: Path,
    plan: Plan,
    methods: Sequence[ConfiguredMethod],
    samples: Sequence[Sample],
    request: Request,
    out: Path,
) -> None:
    measure_costs(
        folder,
        plan,
        methods,
        samples,
        request.cost,
        request.device,
        out,
        avx2=request.cost_avx2,
    )


def _collect(
    bundle: Bundle,
    plan: Plan,
    methods: tuple[ConfiguredMethod, ...],
    samples: Sequence[Sample],
    device: str,
    out: Path,
) -> None:
    from dprotonet.inference.predictor import Predictor
    from training.benchmarks.heatmaps.collect import Comparison, collect
    from training.benchmarks.heatmaps.scoring import Scorer

    predictor = Predictor(bundle, device, gate=False)
    scorer = Scorer.of_predictor(predictor, plan.steps)
    collect(Comparison(predictor, plan, methods, scorer), samples, out)


def _is_done(rows: Mapping[str, Row], plan: Plan, method: str) -> bool:
    return len(finished(rows, plan.images, [method])) == len(plan.images)


def _alone(out: Path, methods: Sequence[str]) -> dict[str, Any]:
    """Measured costs, where there are any."""
    file = out / COST_FILE
    if not file.is_file():
        return {}
    costs = json.loads(file.read_text(encoding="utf-8"))
    parts = {"alone": costs, f"alone_{AVX2}": costs.get(AVX2, {"methods": {}})}
    table: dict[str, Any] = {"alone_films": costs["films"]}
    for key, part in parts.items():
        measured = part["methods"]
        table[key] = {name: measured[name] for name in methods if name in measured}
        table[f"{key}_all_nodes"] = part.get("all_nodes", {})
    return table
