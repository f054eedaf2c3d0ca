"""A trained bundle goes on: ``learn`` from judgements, ``responses`` for its last layer."""

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
class LearnArguments:
    """The arguments of ``learn``.

    Attributes:
        feedback: the application's JSON export of annotations.
        images: folder of judged images that are not among the data, or None.
        epochs: over the training images.
        forget: weight of the forgetting term.
        remember: weight of the remembering term.
        correct: weight of images whose class was corrected, of a network with concepts.
        sources: images of a prototype that get a heatmap in the gallery.
        unnamed: the images are patients', and no name of a file may be in the new bundle.
    """

    bundle: Path
    feedback: Path
    data: Path | None
    out: Path
    images: Path | None
    epochs: int
    forget: float
    remember: float
    correct: float
    sources: int
    unnamed: bool
    device: str | None


@dataclass(frozen=True)
class ResponsesArguments:
    """The arguments of ``responses``; without ``out`` the bundle itself is completed."""

    bundle: Path
    data: Path | None
    out: Path | None
    device: str | None


def add_learn(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "learn",
        learn,
        LearnArguments,
        about="learn from readers' judgements",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--feedback", type=Path, required=True, help="JSON export of the page Annotations"
    )
    parser.add_argument("--data", type=Path, help="what the bundle was trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder for the new bundle")
    parser.add_argument("--images", type=Path, help="folder of judged images not among the data")
    parser.add_argument("--epochs", type=int, default=8, help="of a network with prototypes")
    parser.add_argument("--forget", type=float, default=100.0, help="weight of artefacts")
    parser.add_argument("--remember", type=float, default=10.0, help="weight of useful prototypes")
    parser.add_argument(
        "--correct",
        type=float,
        default=10.0,
        help="weight of images whose class a reader corrected, of a network with concepts",
    )
    parser.add_argument(
        "--sources", type=int, default=3, metavar="N", help="heatmaps of N sources a prototype"
    )
    parser.add_argument(
        "--unnamed",
        action="store_true",
        help="the images are patients': write salted hashes in place of the names of files",
    )
    parser.add_argument("--device")


def add_responses(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "responses",
        responses,
        ResponsesArguments,
        about="let an older bundle's last layer be edited",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, help="what the bundle was trained on")
    parser.add_argument("--out", type=Path, help="another folder to write, instead of the bundle's")
    parser.add_argument("--device")


def learn(arguments: LearnArguments) -> None:
    """Learn from judgements, and print old and new side by side."""
    from dprotonet.allocator import keep_freed_memory
    from dprotonet.bundle.bundle import Bundle
    from training.learning.fine_tune import LearnSettings
    from training.learning.learn import learn as learned

    keep_freed_memory()
    settings = LearnSettings(
        forget=arguments.forget,
        remember=arguments.remember,
        correct=arguments.correct,
        epochs=arguments.epochs,
    )
    with stopped_cleanly():
        result = learned(
            Bundle.load(arguments.bundle),
            arguments.feedback,
            arguments.data,
            arguments.out,
            images=arguments.images,
            settings=settings,
            sources=arguments.sources,
            unnamed=arguments.unnamed,
            device=usable_device(arguments.device),
        )
    print_json(result)


def responses(arguments: ResponsesArguments) -> None:
    """Add what a last layer is fitted on, and print the new digest."""
    from dprotonet.bundle.bundle import Bundle
    from training.learning.responses import complete

    bundle = Bundle.load(arguments.bundle)
    folder = arguments.out or arguments.bundle
    device = usable_device(arguments.device)
    result = complete(bundle, arguments.data, folder, device=device)
    kept = result.responses
    print_json(
        {
            "bundle": str(folder),
            "digest": result.digest,
            "parent": bundle.digest,
            "images": 0 if kept is None else len(kept.similarities),
        }
    )
