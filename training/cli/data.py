"""Folders of pictures: ``phantom`` writes synthetic images, ``gallery`` prototypes' sources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.cli.options import Commands, add_command, print_json, usable_device


@dataclass(frozen=True)
class PhantomArguments:
    """The arguments of ``phantom``.

    Attributes:
        count: images.
        seed: of the whole set.
        shortcut: whether a token goes with a class.
    """

    out: Path
    count: int
    seed: int
    shortcut: bool


@dataclass(frozen=True)
class GalleryArguments:
    """The arguments of ``gallery``; ``data`` is what the bundle was trained on."""

    bundle: Path
    data: Path | None


@dataclass(frozen=True)
class SupportArguments:
    """The arguments of ``support``.

    Attributes:
        data: what the bundle was trained on.
        scope_of: name or path of a recipe whose scope goes into the card; None leaves the card.
    """

    bundle: Path
    data: Path | None
    scope_of: str | None
    device: str | None


def add_phantom(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "phantom", phantom, PhantomArguments, about="write a folder of synthetic images"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--n", type=int, dest="count", metavar="N", default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shortcut", action="store_true", help="a token that goes with a class")


def add_gallery(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "gallery",
        gallery,
        GalleryArguments,
        about="attach pictures of prototype sources",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path)


def add_support(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "support",
        support,
        SupportArguments,
        about="give a bundle a gate: which images it is for",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, help="what the bundle was trained on")
    parser.add_argument(
        "--scope-of", metavar="RECIPE", help="also write this recipe's scope into the card"
    )
    parser.add_argument("--device")


def support(arguments: SupportArguments) -> None:
    """Fit the distance on training and validation images, and write it into the bundle."""
    from dprotonet.bundle.bundle import Bundle
    from training.fitting.support import attach_support

    bundle = attach_support(
        Bundle.load(arguments.bundle),
        arguments.data,
        scope_of=arguments.scope_of,
        device=usable_device(arguments.device),
    )
    limits = bundle.support_limits
    print_json(
        {
            "bundle": str(arguments.bundle),
            "digest": bundle.digest,
            "support": None if limits is None else limits.to_json(),
            "scope": None if bundle.card.scope is None else bundle.card.scope.to_json(),
        }
    )


def phantom(arguments: PhantomArguments) -> None:
    """Write a folder of phantom images."""
    from training.datasets.phantom.export import write_folder
    from training.datasets.phantom.parameters import Shortcut

    shortcut = Shortcut() if arguments.shortcut else None
    table = write_folder(arguments.out, arguments.count, arguments.seed, shortcut)
    # "films" is the key of this output since its first version.
    print_json({"films": arguments.count, "table": str(table)})


def gallery(arguments: GalleryArguments) -> None:
    """Put pictures of the prototypes' sources into the application's data folder."""
    from dprotonet.bundle.bundle import Bundle
    from training.fitting.attach_gallery import application_data, attach

    bundle, folder = Bundle.load(arguments.bundle, with_model=False), application_data()
    count = attach(bundle, arguments.data, folder)
    print_json({"bundle": bundle.name, "pictures": count, "folder": str(folder)})
