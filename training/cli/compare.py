"""``compare``: several networks under one budget; ``studies``: several comparisons in one page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dprotonet.allocator import keep_freed_memory
from training.cli.comparing import check_one_process, opened_run
from training.cli.options import (
    Commands,
    add_command,
    add_placed_images,
    add_settings,
    fold_count,
    print_json,
    usable_device,
)
from training.recipe import load_recipe


@dataclass(frozen=True)
class CompareArguments:
    """The arguments of ``compare``.

    Attributes:
        presets: names, or names with keys of the recipe, as "dprotonet:masks=random".
        seeds: the settings are chosen on the first.
        placed_images: file for the placed images; None for one in ``out``.
        repeatable: the command as it may be given again.
    """

    recipe: str
    presets: Sequence[str]
    seeds: Sequence[int]
    data: Path | None
    out: Path
    folds: int | None
    settings: Sequence[str]
    placed_images: Path | None
    device: str | None
    repeatable: str


@dataclass(frozen=True)
class StudiesArguments:
    """The arguments of ``studies``."""

    folder: Path


def add_compare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "compare", compare, CompareArguments, about="several networks under one budget"
    )
    parser.add_argument("recipe", help="as for train")
    parser.add_argument(
        "--presets",
        nargs="+",
        default=["dprotonet", "xprotonet", "protopnet", "blackbox"],
        metavar="PRESET",
        help="blackbox, protopnet, xprotonet, dprotonet, or one with keys: dprotonet:masks=random",
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--data", type=Path, help="folder of the images")
    parser.add_argument("--out", type=Path, required=True, help="folder; run again to go on in it")
    parser.add_argument("--folds", type=fold_count, help="score every image once, out of fold")
    add_settings(parser)
    add_placed_images(parser)
    parser.add_argument("--device")


def add_studies(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "studies",
        studies,
        StudiesArguments,
        about="finished comparisons side by side, Markdown",
    )
    parser.add_argument("folder", type=Path, help="in which the folders of compare lie")


def compare(arguments: CompareArguments) -> None:
    """Train several networks under one budget, and write what separates them."""
    recipe = load_recipe(arguments.recipe, arguments.settings)
    keep_freed_memory()
    device = usable_device(arguments.device)
    from training.comparison.compare import compare as fit_all
    from training.comparison.compare import plan_of, write_plan
    from training.comparison.page import markdown, plot
    from training.comparison.table import tabulate
    from training.comparison.trade import plot_trade
    from training.datasets.registry import open_dataset
    from training.io import write_json

    check_one_process("compare")
    out, command = arguments.out, arguments.repeatable
    plan = plan_of(recipe, arguments.presets, arguments.seeds, arguments.folds)
    dataset = open_dataset(recipe, arguments.data)
    write_plan(plan, out)
    context = opened_run(
        recipe,
        dataset,
        out=out,
        placed_images=arguments.placed_images,
        folds=arguments.folds,
        command=command,
        device=device,
    )
    table = tabulate(context, list(fit_all(plan, context)), plan.variants)
    results = {"plan": plan.to_json(), "command": command, **table}
    write_json(out / f"{recipe.name}.json", results)
    page = markdown(results["plan"], table, command)
    (out / f"{recipe.name}.md").write_text(page, encoding="utf-8")
    plot(table, out / f"{recipe.name}.svg")
    plot_trade(table["variants"], out / f"{recipe.name}-trade.svg")
    print_json(table)


def studies(arguments: StudiesArguments) -> None:
    """Print several finished comparisons side by side."""
    from training.comparison.studies import overview

    sys.stdout.write(overview(arguments.folder))
