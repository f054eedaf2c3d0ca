"""What a heatmap costs.

``python -m dprotonet.explain.bench FILM… --model BUNDLE``, or ``--backbone NAME`` for random
weights and noise.

Prints one row a method: seconds and processor seconds (median over films and repeats), images
forward and backward, insertion minus deletion area, and how much dearer it is than Grad-CAM, than
RISE with 150 masks and than one of its steps in a plain loop. All in one run, since only figures
of one run on one idle machine can be compared.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

    from dprotonet.explain.nodes import Node


@dataclass(frozen=True)
class Row:
    """The medians of one method."""

    name: str
    seconds: float
    cpu_seconds: float
    forward: int  # images
    backward: int  # images
    score: float  # insertion minus deletion area; nan where the maps are not measured


@dataclass(frozen=True, eq=False)
class Subject:
    """A network, one image for it, and the nodes that are explained."""

    model: "nn.Module"
    x: "torch.Tensor"  # (3, S, S)
    inside: "torch.Tensor | None"
    nodes: "list[Node]"
    temperature: float = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, run, print the table."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from dprotonet.allocator import keep_freed_memory

    if options.threads:
        torch.set_num_threads(options.threads)
    if options.keep_memory:
        keep_freed_memory()
    subjects = _subjects(options)
    rows = measure(subjects, options.methods, options.repeat, options.seed)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {len(subjects)} images")
    print(table(rows))
    return 0


def measure(
    subjects: Sequence[Subject], methods: Sequence[str], repeat: int, seed: int = 0
) -> list[Row]:
    """Run every method on every subject's first node, MDM on all of them, and a plain loop."""
    from dprotonet.explain.rivals import METHODS
    from dprotonet.explain.settings import TIERS

    rows = []
    for name in methods:
        method = METHODS["mdm" if name in TIERS else name]
        settings = TIERS[name if name in TIERS else "standard"]

        def run(subject: Subject, count: int = 1, method=method, settings=settings) -> list:  # type: ignore[no-untyped-def]
            return method(
                subject.model,
                subject.x,
                subject.nodes[:count],
                settings=settings,
                temperature=subject.temperature,
                inside=subject.inside,
                seed=seed,
            )

        rows.append(_row(name, subjects, repeat, run))
        several = min(len(subject.nodes) for subject in subjects)
        if name == "standard" and several > 1:

            def run_all(subject: Subject, several: int = several, run=run) -> list:  # type: ignore[no-untyped-def]
                return run(subject, several)

            rows.append(_row(f"standard, {several} nodes", subjects, repeat, run_all))
    rows.append(_row("plain loop, 30 steps", subjects, repeat, lambda subject: plain_loop(subject)))
    return rows


def plain_loop(subject: Subject, steps: int = 30, size: int = 7) -> list:
    """One mask learned as one would first write it: the network as it is, one image a pass."""
    import torch

    from dprotonet.explain.fills import make_fill
    from dprotonet.explain.masks import enlarged
    from dprotonet.explain.values import node_values

    node, side = subject.nodes[0], subject.x.shape[-1]
    fill = make_fill("mean", subject.x)
    grid = torch.zeros(1, size, size, requires_grad=True)
    adam = torch.optim.Adam([grid], lr=0.1)
    for _ in range(steps):
        adam.zero_grad()
        mask = enlarged(grid.sigmoid(), side)
        output = subject.model(fill + mask * (subject.x - fill)[None])
        value = node_values(output, [node], class_scale="logit")[0, 0]
        (mask.mean() - value).backward()
    subject.model.zero_grad(set_to_none=True)
    return [steps]


def table(rows: Sequence[Row]) -> str:
    """The rows as text, with their ratios."""
    of = {row.name: row for row in rows}
    cam, rise = of.get("gradcam"), of.get("rise")
    plain = next((row for row in rows if row.name.startswith("plain")), None)
    lines = [
        f"{'method':22} {'seconds':>8} {'cpu s':>7} {'forward':>8} {'backward':>8} {'ins-del':>8}"
        f" {'/gradcam':>9} {'/rise':>6} {'per pass':>9}"
    ]
    for row in rows:
        per_pass = _ratio(_per_pass(row), _per_pass(plain) if plain else None)
        to_cam = _ratio(row.seconds, cam.seconds if cam else None)
        to_rise = _ratio(row.seconds, rise.seconds if rise else None)
        lines.append(
            f"{row.name:22} {row.seconds:8.2f} {row.cpu_seconds:7.2f} {row.forward:8d}"
            f" {row.backward:8d} {row.score:8.3f} {to_cam:>9} {to_rise:>6} {per_pass:>9}"
        )
    lines.append(
        "Every method but the plain loop measures its map too; “per pass” is the time of one image "
        "(forward and backward counted as two) against the plain loop's."
    )
    return "\n".join(lines)


def _per_pass(row: Row) -> float:
    return row.seconds / max(row.forward + row.backward, 1)


def _ratio(value: float, other: float | None) -> str:
    return f"{value / other:.2f}" if other else "-"


def _row(
    name: str, subjects: Sequence[Subject], repeat: int, run: Callable[[Subject], list]
) -> Row:
    run(subjects[0])  # the frozen copy is made once, and is not part of a heatmap's cost
    wall, processor, scores = [], [], []
    found: list = []
    for subject in subjects:
        for _ in range(repeat):
            started, busy = time.perf_counter(), time.process_time()
            found = run(subject)
            wall.append(time.perf_counter() - started)
            processor.append(time.process_time() - busy)
        if not isinstance(found[0], int):
            scores.append(found[0].faithfulness.score)
    plain = isinstance(found[0], int)
    return Row(
        name,
        statistics.median(wall),
        statistics.median(processor),
        found[0] if plain else found[0].passes_forward,
        found[0] if plain else found[0].passes_backward,
        statistics.mean(scores) if scores else float("nan"),
    )


def _subjects(options: argparse.Namespace) -> list[Subject]:
    import torch

    from dprotonet.explain.nodes import ClassNode, parse_node

    if options.model:
        from dprotonet.bundle import Bundle
        from dprotonet.images import read
        from dprotonet.predictor import Predictor

        predictor = Predictor(Bundle.load(options.model))
        bundle = predictor.bundle
        subjects = []
        for film in options.films:
            image = read(film)
            x, placement = bundle.preprocessing(image)
            prediction = predictor.predict(image)
            asked = ["class", *(f"prototype:{m.prototype}" for m in prediction.matches[:4])]
            nodes = [
                parse_node(text, bundle.classes, bundle.prototype_ids, prediction.label)
                for text in options.node or asked
            ]
            subjects.append(
                Subject(predictor.model, x, placement.inside(), nodes, bundle.temperature)
            )
        return subjects
    from dprotonet.model import ModelOptions, build_model

    classes = ("a", "b", "c", "d", "e")
    model = build_model(
        ModelOptions(classes=classes, backbone=options.backbone, image_size=options.size),
        options.weights,
    ).eval()
    noise = torch.randn(3, options.size, options.size, generator=torch.Generator().manual_seed(0))
    return [Subject(model, noise, None, [ClassNode(k, name) for k, name in enumerate(classes)])]


def _parser() -> argparse.ArgumentParser:
    from dprotonet.explain.settings import TIERS

    parser = argparse.ArgumentParser(prog="python -m dprotonet.explain.bench", description=__doc__)
    parser.add_argument("films", nargs="*", type=Path, help="image files (with --model)")
    parser.add_argument("--model", type=Path, help="a bundle's folder")
    parser.add_argument("--backbone", default="mobilenet_v2", help="without a bundle")
    parser.add_argument("--weights", help="of the backbone: a safetensors file")
    parser.add_argument("--size", type=int, default=224, help="pixels, without a bundle")
    parser.add_argument("--node", action="append", help="instead of class and four prototypes")
    parser.add_argument(
        "--methods",
        nargs="+",
        default=["standard", "draft", "gradcam", "rise"],
        choices=[*TIERS, "gradcam", "rise", "centre", "random"],
    )
    parser.add_argument("--repeat", type=int, default=3, help="runs of each film")
    parser.add_argument("--threads", type=int, default=0, help="0: torch's own choice")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep-memory", action="store_true", help="see dprotonet/allocator.py")
    return parser


if __name__ == "__main__":
    sys.exit(main())
