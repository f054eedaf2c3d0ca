"""``concepts``: a network whose axes are concepts, measured beside one without."""

from __future__ import annotations

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
    print_json,
    usable_device,
)
from training.recipe import load_recipe


@dataclass(frozen=True)
class ConceptsArguments:
    """The arguments of ``concepts``.

    Attributes:
        placed_images: file for the placed images; None for one in ``out``.
        repeatable: the command as it may be given again.
    """

    recipe: str
    seeds: Sequence[int]
    data: Path | None
    out: Path
    settings: Sequence[str]
    placed_images: Path | None
    device: str | None
    repeatable: str


def add_concepts(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "concepts",
        concepts,
        ConceptsArguments,
        about="a network whose axes are concepts, beside one without",
    )
    parser.add_argument("recipe", help="as for train")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--data", type=Path, help="folder of the images")
    parser.add_argument("--out", type=Path, required=True, help="folder; run again to go on in it")
    add_settings(parser)
    add_placed_images(parser)
    parser.add_argument("--device")


def concepts(arguments: ConceptsArguments) -> None:
    """Train both, measure them, and write figures and page."""
    recipe = load_recipe(arguments.recipe, [*arguments.settings, "network=concepts"])
    keep_freed_memory()
    device = usable_device(arguments.device)
    from training.comparison.concepts.page import markdown
    from training.comparison.concepts.study import study
    from training.datasets.registry import open_dataset
    from training.fitting.crossval import split_rows
    from training.io import write_json

    check_one_process("concepts")
    out, command = arguments.out, arguments.repeatable
    out.mkdir(parents=True, exist_ok=True)
    dataset = open_dataset(recipe, arguments.data)
    context = opened_run(
        recipe,
        dataset,
        out=out,
        placed_images=arguments.placed_images,
        folds=None,
        command=command,
        device=device,
    )
    found = study(context, split_rows(context), arguments.seeds, out=out)
    write_json(out / f"{recipe.name}.json", {"command": command, **found})
    (out / f"{recipe.name}.md").write_text(markdown(found, command), encoding="utf-8")
    print_json(found)
