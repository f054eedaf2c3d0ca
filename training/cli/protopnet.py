"""``protopnet``: ProtoPNet before and after its pruning, measured beside two other networks."""

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
class ProtopnetArguments:
    """The arguments of ``protopnet``.

    Attributes:
        preset: of ProtoPNet; keys of the recipe may follow it.
        placed_images: file for the placed images; None for one in ``out``.
        repeatable: the command as it may be given again.
    """

    recipe: str
    preset: str
    seeds: Sequence[int]
    data: Path | None
    out: Path
    settings: Sequence[str]
    placed_images: Path | None
    device: str | None
    repeatable: str


def add_protopnet(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "protopnet",
        protopnet,
        ProtopnetArguments,
        about="ProtoPNet before and after pruning, beside a plain network and a DProtoNet",
    )
    parser.add_argument("recipe", help="as for train")
    parser.add_argument(
        "--preset", default="protopnet", help="ProtoPNet's, with keys: protopnet:start=patches"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--data", type=Path, help="folder of the images")
    parser.add_argument("--out", type=Path, required=True, help="folder; run again to go on in it")
    add_settings(parser)
    add_placed_images(parser)
    parser.add_argument("--device")


def protopnet(arguments: ProtopnetArguments) -> None:
    """Train all, prune, measure, and write figures and page."""
    recipe = load_recipe(arguments.recipe, arguments.settings)
    keep_freed_memory()
    device = usable_device(arguments.device)
    from training.comparison.protopnet.page import markdown
    from training.comparison.protopnet.study import study
    from training.datasets.registry import open_dataset
    from training.fitting.crossval import split_rows
    from training.io import write_json

    check_one_process("protopnet")
    out, command = arguments.out, arguments.repeatable
    out.mkdir(parents=True, exist_ok=True)
    context = opened_run(
        recipe,
        open_dataset(recipe, arguments.data),
        out=out,
        placed_images=arguments.placed_images,
        folds=None,
        command=command,
        device=device,
    )
    found = study(context, split_rows(context), arguments.seeds, preset=arguments.preset, out=out)
    write_json(out / f"{recipe.name}.json", {"command": command, **found})
    (out / f"{recipe.name}.md").write_text(markdown(found, command), encoding="utf-8")
    print_json(found)
