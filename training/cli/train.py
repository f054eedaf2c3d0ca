"""``train``: one network by a recipe, on the split or on folds, to a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dprotonet.allocator import keep_freed_memory
from dprotonet.errors import ReadableError
from training.cli.options import (
    Commands,
    add_command,
    add_placed_images,
    add_settings,
    fold_count,
    print_json,
    usable_device,
)
from training.presets import variant
from training.recipe import Recipe, load_recipe

PLACED_IMAGES = "films.safetensors"  # in the run's folder, unless --films names another file
ACTIVATIONS = "activations.safetensors"  # behind the frozen blocks; in the run's folder


@dataclass(frozen=True)
class TrainArguments:
    """The arguments of ``train``.

    Attributes:
        recipe: name, or path of a YAML file.
        settings: "key=value" of single keys of the recipe.
        folds: of a cross-validation; None for the split alone.
        bundles: whether each fold leaves a bundle.
        placed_images: file for the placed images; None for one in ``out``.
        repeatable: the command as it may be given again.
    """

    recipe: str
    data: Path | None
    out: Path
    preset: str | None
    settings: Sequence[str]
    device: str | None
    folds: int | None
    bundles: bool
    resume: bool
    placed_images: Path | None
    repeatable: str


def add_train(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "train", train, TrainArguments, about="train by a recipe and write a bundle"
    )
    parser.add_argument("recipe", help="phantom, nih, folder, or the path of a YAML file")
    parser.add_argument("--data", type=Path, help="folder of the images (the phantom needs none)")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for bundle, logs, checkpoint"
    )
    parser.add_argument("--preset", help="blackbox, protopnet, xprotonet or dprotonet")
    add_settings(parser)
    parser.add_argument("--device", help="cpu, cuda or cuda:N; by default cuda where there is one")
    parser.add_argument(
        "--folds", type=fold_count, help="cross-validate by patient on so many folds"
    )
    parser.add_argument("--bundles", action="store_true", help="keep the network of every fold")
    parser.add_argument("--resume", action="store_true", help="go on where a run in --out ended")
    add_placed_images(parser)


def train(arguments: TrainArguments) -> None:
    """Train on the split, or on every fold; write the bundle and say where."""
    recipe = _recipe(arguments)
    keep_freed_memory()
    from training import distributed
    from training.datasets.registry import open_dataset
    from training.fitting.context import load_images
    from training.fitting.crossval import check_folds, fit_folds, summary
    from training.fitting.fit import prepare
    from training.fitting.run_folder import keep_recipe, note_run
    from training.io import write_json

    out, folds = arguments.out, arguments.folds
    device = distributed.join(usable_device(arguments.device))
    dataset = open_dataset(recipe, arguments.data)
    keep_recipe(recipe, out, resume=arguments.resume)
    images = load_images(dataset, recipe, arguments.placed_images or out / PLACED_IMAGES)
    warnings = check_folds(images, dataset.classes, folds)  # before any training
    note_run(
        out,
        recipe,
        dataset,
        images,
        command=arguments.repeatable,
        device=device,
        warnings=warnings,
    )
    context = prepare(
        recipe,
        dataset,
        images,
        out=out,
        device=device,
        resume=arguments.resume,
        keep=out / ACTIVATIONS,
    )
    fit_folds(context, folds, every_bundle=arguments.bundles)
    if not distributed.is_main():
        return
    if folds:
        pooled = summary(context, folds)
        write_json(out / f"{recipe.name}-{folds}fold.json", pooled)
        print_json(pooled)
    else:
        print_json(_bundle_facts(out / "bundle"))


def _recipe(arguments: TrainArguments) -> Recipe:
    recipe = load_recipe(arguments.recipe, arguments.settings)
    if not arguments.preset:
        return recipe
    recipe = variant(recipe, arguments.preset)
    if recipe.network == "blackbox":
        raise ReadableError(
            "A black box has no prototypes, so it makes no model for review. Give another "
            "--preset; `python -m training compare` trains a black box beside the others."
        )
    return recipe


def _bundle_facts(folder: Path) -> dict[str, Any]:
    from dprotonet.bundle.bundle import Bundle

    bundle = Bundle.load(folder, with_model=False)
    return {"bundle": str(folder), "digest": bundle.digest, "metrics": bundle.card.metrics}
