"""Figures of bundles: ``evaluate``, ``card``, ``pointing``, ``boxes``, ``shortcut``, ``probe``."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.names import DEFAULT_METHOD, METHODS
from training.cli.options import (
    Commands,
    add_command,
    add_methods,
    add_settings,
    add_tier,
    print_json,
    usable_device,
)
from training.recipe import load_recipe

if TYPE_CHECKING:
    from training.data.splits import Split

USUAL_METHODS = ("mdm", "gradcam", "centre")
"""The methods of pointing and shortcut by default: the decoder, the heatmap that
most people know, and the control that sees no network."""


@dataclass(frozen=True)
class EvaluateArguments:
    """The arguments of ``evaluate``.

    Attributes:
        faithfulness: images whose heatmaps are measured so; 0 leaves it out.
        localisation: the same.
        sanity: the same.
        prototypes: images that are compared with prototypes; 0 leaves it out.
        gate: images that are changed to try the gate; 0 leaves it out.
        foreign: folders of images that the model is not for.
        other_reader: a bundle whose mask reader is tried on this network, on those of ``sanity``.
        method: that computes the heatmaps.
        tier: of the MDM decoder.
    """

    bundle: Path
    data: Path | None
    split: Split
    device: str | None
    faithfulness: int
    localisation: int
    sanity: int
    prototypes: int
    gate: int
    foreign: Sequence[Path]
    other_reader: Path | None
    method: str
    tier: str


@dataclass(frozen=True)
class CardArguments:
    """The arguments of ``card``; without ``out`` the card is printed."""

    bundle: Path
    out: Path | None


@dataclass(frozen=True)
class HeatmapArguments:
    """The arguments of ``pointing``.

    Attributes:
        count: correctly classified images to score.
        methods: names of the library's methods.
        tier: of the MDM decoder.
    """

    bundle: Path
    count: int
    methods: Sequence[str]
    tier: str


@dataclass(frozen=True)
class ShortcutArguments(HeatmapArguments):
    """The arguments of ``shortcut``; a ``count`` of 0 leaves the heatmaps out.

    Attributes:
        reference: a bundle trained without the shortcut; None for none.
        refit: fit the last layer again once the marker's prototype is switched off.
    """

    reference: Path | None
    refit: bool


@dataclass(frozen=True)
class BoxesArguments:
    """The arguments of ``boxes``; ``out`` is the folder of a cross-validation with bundles."""

    out: Path
    data: Path | None
    methods: Sequence[str]
    tier: str


@dataclass(frozen=True)
class ProbeArguments:
    """The arguments of ``probe``."""

    recipe: str
    data: Path | None
    settings: Sequence[str]


def add_evaluate(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "evaluate", evaluate, EvaluateArguments, about="figures of a bundle as JSON"
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--split", choices=("train", "validation", "test"), default="test")
    parser.add_argument("--device")
    for part in ("faithfulness", "localisation", "sanity"):
        parser.add_argument(
            f"--{part}", type=int, default=0, metavar="N", help=f"{part} of N images' heatmaps"
        )
    parser.add_argument(
        "--prototypes",
        type=int,
        default=0,
        metavar="N",
        help="what N images show of prototypes; their figures also as a table, on standard error",
    )
    parser.add_argument(
        "--gate", type=int, default=0, metavar="N", help="what the gate says of N images, changed"
    )
    parser.add_argument(
        "--foreign",
        type=Path,
        nargs="+",
        default=(),
        metavar="DIR",
        help="what the gate says of the images in folders that the model is not for",
    )
    parser.add_argument(
        "--other-reader",
        type=Path,
        metavar="BUNDLE",
        help="with --sanity: compare that bundle's mask reader with this one's, on this network",
    )
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=METHODS)
    add_tier(parser)


def add_card(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "card", card, CardArguments, about="a bundle's model card as Markdown"
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--out", type=Path, help="the file to write (otherwise printed)")


def add_pointing(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "pointing",
        pointing,
        HeatmapArguments,
        about="do heatmaps point at the phantom's findings?",
    )
    _add_count(parser, 100)


def add_shortcut(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "shortcut",
        shortcut,
        ShortcutArguments,
        about="do prototypes and heatmaps show the marker it leans on?",
    )
    _add_count(parser, 40)
    parser.add_argument(
        "--reference", type=Path, metavar="BUNDLE", help="trained without the marker, to compare"
    )
    parser.add_argument(
        "--refit",
        action="store_true",
        help="fit the last layer again without the marker's prototype, as editing does",
    )


def _add_count(parser: argparse.ArgumentParser, count: int) -> None:
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--n",
        type=int,
        dest="count",
        metavar="N",
        default=count,
        help="correctly classified images to score",
    )
    add_methods(parser, USUAL_METHODS)


def add_boxes(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "boxes", boxes, BoxesArguments, about="do heatmaps lie in the boxes, out of fold?"
    )
    parser.add_argument("out", type=Path, help="the folder of `train --folds N --bundles`")
    parser.add_argument("--data", type=Path)
    add_methods(parser, ["mdm", "gradcam", "rise", "centre"])


def add_probe(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "probe", probe, ProbeArguments, about="score of a linear probe on fixed features"
    )
    parser.add_argument("recipe")
    parser.add_argument("--data", type=Path)
    add_settings(parser)


def evaluate(arguments: EvaluateArguments) -> None:
    """Evaluate a bundle on a split, with the slow parts that were named."""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.evaluate import Extras
    from training.evaluation.evaluate import evaluate as figures_of

    bundle, device = Bundle.load(arguments.bundle), usable_device(arguments.device)
    asked = {field.name: getattr(arguments, field.name) for field in dataclasses.fields(Extras)}
    figures = figures_of(bundle, arguments.data, arguments.split, Extras(**asked), device=device)
    print_json(figures)
    if arguments.prototypes:
        sys.stderr.write(_prototype_table(figures))


def _prototype_table(figures: dict[str, Any]) -> str:
    """The figures of the prototypes for a person, beside the JSON for a program."""
    from dprotonet.bundle.prototype_figures import prototype_rows

    rows = prototype_rows(figures)
    title, value = max(len(row.title) for row in rows), max(len(row.value) for row in rows)
    lines = (f"{row.title:<{title}}  {row.value:<{value}}  {row.meaning}" for row in rows)
    return "\n".join(("", *lines, ""))


def card(arguments: CardArguments) -> None:
    """Print or write a bundle's model card as Markdown."""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.card_markdown import markdown

    text = markdown(Bundle.load(arguments.bundle, with_model=False))
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        arguments.out.write_text(text, encoding="utf-8")


def pointing(arguments: HeatmapArguments) -> None:
    """Score where heatmaps point."""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.pointing_game import pointing as score

    bundle = Bundle.load(arguments.bundle)
    print_json(score(bundle, arguments.count, arguments.methods, tier=arguments.tier))


def shortcut(arguments: ShortcutArguments) -> None:
    """Does a network lean on a marker, and do its prototypes and heatmaps say so?"""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.shortcut import shortcut as score

    reference = None if arguments.reference is None else Bundle.load(arguments.reference)
    print_json(
        score(
            Bundle.load(arguments.bundle),
            arguments.count,
            arguments.methods,
            tier=arguments.tier,
            reference=reference,
            refit=arguments.refit,
        )
    )


def boxes(arguments: BoxesArguments) -> None:
    """Score where heatmaps lie, out of fold."""
    from training.evaluation.out_of_fold import out_of_fold

    print_json(out_of_fold(arguments.out, arguments.data, arguments.methods, tier=arguments.tier))


def probe(arguments: ProbeArguments) -> None:
    """How well features separate the classes that were not trained on these images."""
    recipe = load_recipe(arguments.recipe, arguments.settings)
    from training.datasets.registry import open_dataset
    from training.evaluation.linear_probe import ProbeOptions
    from training.evaluation.linear_probe import probe as fit_probe

    dataset = open_dataset(recipe, arguments.data)
    options = ProbeOptions(recipe.backbone, recipe.weights, recipe.image_size, recipe.seed)
    print_json(fit_probe(dataset.samples, dataset.classes, options).to_json())
