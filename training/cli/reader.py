"""``reader``: a mask reader for a finished bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dprotonet.modeling.reader.options import CELLS
from training.cli.options import (
    Commands,
    add_command,
    add_settings,
    print_json,
    stopped_cleanly,
    usable_device,
)


@dataclass(frozen=True)
class ReaderArguments:
    """The arguments of ``reader``.

    Attributes:
        data: what the bundle was trained on.
        out: folder for the new bundle; the bundle's own may be given.
        steps: of training, at most; None for the usual number, as of the other None.
        images: training images to read, at most.
        cells: along a side of the maps.
        body: whether what is marked beside the body is weighed.
        settings: "key=value" each, of any other field of ``ReaderSettings``.
        least: held-out gap that the reader must be above to be written.
    """

    bundle: Path
    data: Path | None
    out: Path
    steps: int | None
    images: int
    cells: int | None
    body: bool
    settings: Sequence[str]
    seed: int
    least: float
    device: str | None


def add_reader(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "reader",
        reader,
        ReaderArguments,
        about="train a mask reader: heatmaps of all nodes in one pass",
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, help="what the bundle was trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder for the new bundle")
    parser.add_argument("--steps", type=int, help="at most (600); it stops where nothing is gained")
    parser.add_argument("--images", type=int, default=600, help="training images to read, at most")
    parser.add_argument("--cells", type=int, choices=CELLS, help="along a side of a map (56)")
    parser.add_argument(
        "--body", action="store_true", help="of radiographs: weigh what is marked beside the body"
    )
    add_settings(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--least",
        type=float,
        default=0.0,
        metavar="GAP",
        help="held-out gap that the reader must be above to be written (0)",
    )
    parser.add_argument("--device", help="cpu, cuda or cuda:N; by default cuda where there is one")


def reader(arguments: ReaderArguments) -> None:
    """Train the reader, write the bundle, and print what its manifest says of it."""
    from dprotonet.allocator import keep_freed_memory
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.errors import ReadableError
    from dprotonet.explain.reader.settings import ReaderSettings
    from training.fitting.reader import attach_reader
    from training.io import fraction_bar
    from training.settings_text import changed, pairs_of

    keep_freed_memory()
    usual = ReaderSettings()
    steps = usual.steps if arguments.steps is None else arguments.steps
    cells = usual.cells if arguments.cells is None else arguments.cells
    pairs = pairs_of(arguments.settings, "a mask reader", "--set noise=0.1 --set fills=blur+mean")
    try:
        settings = changed(replace(usual, steps=steps, cells=cells), pairs, "a mask reader")
    except ValueError as error:
        raise ReadableError(f"A mask reader cannot be trained so: {error}") from error
    bundle = Bundle.load(arguments.bundle)
    with stopped_cleanly(), fraction_bar("reader") as progress:
        result = attach_reader(
            bundle,
            arguments.data,
            arguments.out,
            settings,
            most=arguments.images,
            bodies=arguments.body,
            seed=arguments.seed,
            device=usable_device(arguments.device),
            least=arguments.least,
            progress=progress,
        )
    facts = result.reader_facts
    print_json(
        {
            "bundle": str(arguments.out),
            "digest": result.digest,
            "parent": bundle.digest,
            "reader": None if facts is None else facts.to_json(),
        }
    )
