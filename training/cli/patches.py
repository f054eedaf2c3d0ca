"""ProtoPNet's patches: ``prune`` by them, ``global`` shows a prototype's, ``local`` an image's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.cli.options import (
    Commands,
    add_command,
    print_json,
    stopped_cleanly,
    usable_device,
)


@dataclass(frozen=True)
class PruneArguments:
    """The arguments of ``prune``.

    Attributes:
        data: what the bundle was trained on.
        out: folder of the new bundle.
        nearest: training patches of a prototype that are looked at.
        least: of them that are to be of its class.
        l1: weight of the penalty on last-layer weights to other classes.
        sources: images of a prototype that get a heatmap in the gallery.
    """

    bundle: Path
    data: Path | None
    out: Path
    nearest: int
    least: int
    l1: float
    sources: int
    device: str | None


def add_prune(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "prune",
        prune,
        PruneArguments,
        about="drop prototypes whose nearest training patches are of other classes",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, help="what the bundle was trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder for the new bundle")
    parser.add_argument(
        "--nearest", type=int, default=6, metavar="N", help="patches that are looked at"
    )
    parser.add_argument(
        "--least", type=int, default=3, metavar="N", help="of them that are to be of its class"
    )
    parser.add_argument("--l1", type=float, default=1e-4, help="penalty of the last layer")
    parser.add_argument(
        "--sources", type=int, default=3, metavar="N", help="heatmaps of N sources a prototype"
    )
    parser.add_argument("--device")


def prune(arguments: PruneArguments) -> None:
    """Write the pruned bundle, and print accuracy before and after."""
    from dprotonet.allocator import keep_freed_memory
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.errors import WrongRequest
    from training.fitting.protopnet.patch_pruning import PatchRule
    from training.learning.prune import prune as pruned

    keep_freed_memory()
    try:
        rule = PatchRule(arguments.nearest, arguments.least, arguments.l1)
    except ValueError as error:
        raise WrongRequest(str(error)) from error
    with stopped_cleanly():
        result = pruned(
            Bundle.load(arguments.bundle),
            arguments.data,
            arguments.out,
            rule=rule,
            sources=arguments.sources,
            device=usable_device(arguments.device),
        )
    print_json(result)


@dataclass(frozen=True)
class GlobalArguments:
    """The arguments of ``global``; ``data`` is what the bundle was trained on."""

    bundle: Path
    data: Path | None
    out: Path
    nearest: int
    device: str | None


@dataclass(frozen=True)
class LocalArguments:
    """The arguments of ``local``.

    Attributes:
        images: files.
        most: prototypes of each image.
        class_name: that contributions are to; None for what the image is called.
    """

    bundle: Path
    images: list[Path]
    out: Path
    most: int
    class_name: str | None
    device: str | None


def add_global(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "global",
        global_patches,
        GlobalArguments,
        about="a page of the training patches nearest to each prototype",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, help="what the bundle was trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder for page and pictures")
    parser.add_argument("--nearest", type=int, default=6, metavar="N", help="of each prototype")
    parser.add_argument("--device")


def add_local(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "local",
        local_patches,
        LocalArguments,
        about="the prototypes that an image activates most, with what each adds",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    parser.add_argument("--out", type=Path, required=True, help="folder for pages and pictures")
    parser.add_argument("--most", type=int, default=10, metavar="N", help="prototypes an image")
    parser.add_argument(
        "--class", dest="class_name", metavar="NAME", help="what they speak for (what is called)"
    )
    parser.add_argument("--device")


def global_patches(arguments: GlobalArguments) -> None:
    """Write the page, and print how many of each prototype's patches are of its class."""
    from dprotonet.bundle.bundle import Bundle
    from training.learning.global_analysis import global_analysis

    print_json(
        global_analysis(
            Bundle.load(arguments.bundle),
            arguments.data,
            arguments.out,
            count=max(1, arguments.nearest),
            device=usable_device(arguments.device),
        )
    )


def local_patches(arguments: LocalArguments) -> None:
    """Write a page for each image, and print its figures."""
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.predictor import Predictor
    from training.evaluation.prototypes.local_analysis import local_analysis

    predictor = Predictor(Bundle.load(arguments.bundle), usable_device(arguments.device))
    found = local_analysis(
        predictor,
        arguments.images,
        arguments.out,
        count=max(1, arguments.most),
        class_name=arguments.class_name,
    )
    print_json({"images": found})
