"""``bench``: heatmap methods compared; ``throughput``: training's cost against its bounds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dprotonet.allocator import keep_freed_memory
from dprotonet.names import METHODS
from training.benchmarks.heatmaps.measures.names import PRIMARY_FIGURES, SCORING_FILLS
from training.cli.options import Commands, add_command, add_settings, print_json, usable_device
from training.recipe import load_recipe

if TYPE_CHECKING:
    from training.data.splits import Split

NODES = ("class", "prototype")


@dataclass(frozen=True)
class BenchArguments:
    """The arguments of ``bench``.

    Attributes:
        methods: names, or names with settings, as "mdm:tier=draft"; none for all.
        primary: contrasts that are declared beforehand.
        primary_figures: what those are of; none for all that is measured.
        primary_fills: fills of those; none for all.
        evidence: only images of which it is known what their class rests on.
        stability: compute heatmaps again on slightly changed images.
        count: images, spread over the split.
        steps: of the curves.
        besides: folders of earlier comparisons, whose images are left out.
        so_far: only tabulate what is done.
        cost: images on which each method is measured alone; 0 leaves it out.
        cost_avx2: measure it a second time as on a processor without bfloat16.
        repeatable: the command as it may be given again.
    """

    bundle: Path
    data: Path | None
    out: Path
    methods: Sequence[str]
    primary: Sequence[str]
    primary_figures: Sequence[str]
    primary_fills: Sequence[str]
    evidence: bool
    stability: bool
    split: Split
    count: int
    nodes: Sequence[str]
    fills: Sequence[str]
    steps: int
    seed: int
    besides: Sequence[Path]
    so_far: bool
    cost: int
    cost_avx2: bool
    device: str | None
    repeatable: str


@dataclass(frozen=True)
class ThroughputArguments:
    """The arguments of ``throughput``.

    Attributes:
        images: of noise, that one turn goes over.
    """

    recipe: str
    settings: Sequence[str]
    images: int
    repeats: int
    device: str | None


def add_bench(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "bench",
        bench,
        BenchArguments,
        about="heatmap methods compared on held-out images",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, help="folder of the images (the phantom needs none)")
    parser.add_argument("--out", type=Path, required=True, help="folder; run again to go on in it")
    parser.add_argument(
        "--methods",
        nargs="+",
        default=[],
        metavar="METHOD",
        help=f"{', '.join(METHODS)} (by default all), or one with settings: mdm:tier=draft, "
        "mdm:steps=12,areas=0.05+0.5; the first is what the others are compared with",
    )
    parser.add_argument(
        "--primary", nargs="+", default=[], metavar="METHOD", help="contrasts declared beforehand"
    )
    parser.add_argument(
        "--primary-figures",
        nargs="+",
        default=(),
        choices=PRIMARY_FIGURES,
        help="what those contrasts are of (by default all that is measured)",
    )
    parser.add_argument(
        "--primary-fills",
        nargs="+",
        default=(),
        choices=SCORING_FILLS,
        help="fills of those contrasts (by default all)",
    )
    parser.add_argument(
        "--evidence",
        action="store_true",
        help="only images of which it is known what this network's class rests on",
    )
    parser.add_argument(
        "--stability",
        action="store_true",
        help="also compute heatmaps of slightly changed images (three or four more for a method)",
    )
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    parser.add_argument(
        "--n",
        type=int,
        dest="count",
        metavar="N",
        default=100,
        help="images, spread over the split",
    )
    parser.add_argument("--nodes", nargs="+", default=list(NODES), choices=NODES)
    parser.add_argument(
        "--fills", nargs="+", default=["blur", "mean", "noise"], choices=SCORING_FILLS
    )
    parser.add_argument("--steps", type=int, default=16, help="of the curves")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--besides",
        type=Path,
        nargs="+",
        default=(),
        metavar="OUT",
        help="leave out the images of the comparisons there",
    )
    parser.add_argument("--so-far", action="store_true", help="only the table of what is done")
    parser.add_argument(
        "--cost", type=int, default=0, metavar="K", help="measure each method alone on K images"
    )
    parser.add_argument(
        "--cost-avx2",
        action="store_true",
        help="with --cost: a second time as on a processor without bfloat16",
    )
    parser.add_argument("--device")


def add_throughput(commands: Commands) -> None:
    """Add the command; ``--films`` keeps its name from when all images were radiographs."""
    parser = add_command(
        commands,
        "throughput",
        throughput,
        ThroughputArguments,
        about="training's cost against its bounds",
    )
    parser.add_argument("recipe")
    add_settings(parser)
    parser.add_argument("--films", type=int, dest="images", default=256, help="of noise")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device")


def bench(arguments: BenchArguments) -> None:
    """Score heatmap methods on held-out images; print the page."""
    keep_freed_memory()
    from training.benchmarks.heatmaps.run import Request, benchmark

    request = Request(
        methods=arguments.methods,
        primary=arguments.primary,
        primary_figures=arguments.primary_figures,
        primary_fills=arguments.primary_fills,
        evidence=arguments.evidence,
        stability=arguments.stability,
        split=arguments.split,
        count=arguments.count,
        nodes=arguments.nodes,
        fills=arguments.fills,
        steps=arguments.steps,
        seed=arguments.seed,
        besides=tuple(arguments.besides),
        so_far=arguments.so_far,
        cost=arguments.cost,
        cost_avx2=arguments.cost_avx2,
        device=usable_device(arguments.device),
        command=arguments.repeatable,
    )
    page = benchmark(arguments.bundle, arguments.data, request, arguments.out)
    sys.stdout.write(page)


def throughput(arguments: ThroughputArguments) -> None:
    """What training costs beside the arithmetic that it cannot do without."""
    recipe = load_recipe(arguments.recipe, arguments.settings)
    keep_freed_memory()
    from training.benchmarks.throughput import throughput as measure
    from training.fitting.run_folder import hardware

    device = usable_device(arguments.device)
    ratios = measure(recipe, images=arguments.images, repeats=arguments.repeats, device=device)
    print_json({"hardware": hardware(device), "recipe": recipe.name, **ratios})
