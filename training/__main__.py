"""``python -m training``: train, compare, studies, evaluate, bench, card, gallery, pointing, boxes,
shortcut, phantom, throughput, probe."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dprotonet.errors import ReadableError
from dprotonet.explain.settings import FILLS
from dprotonet.names import DEFAULT_METHOD, DEFAULT_TIER, METHODS, TIERS

WRONG_USAGE = 2
NODES = ("class", "prototype")
BESIDE = ("mdm", "gradcam", "centre")
"""The methods of pointing and shortcut unless others are asked for: the decoder, the map that most
people know, and the control that sees no network."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what the user gave wrong is one sentence and exit status 2."""
    words = _parser().parse_args(arguments)
    words.line = list(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("ignite").setLevel(logging.WARNING)
    # Imported here, so that --help comes at once.
    from training.cli import commands

    try:
        getattr(commands, words.command)(words)
        status = 0
    except ReadableError as error:
        print(error, file=sys.stderr)
        status = WRONG_USAGE
    if "WORLD_SIZE" in os.environ:
        from training.fitting.distributed import leave

        leave(status)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train by a recipe and write a bundle")
    train.add_argument("recipe", help="phantom, nih, folder, or the path of a YAML file")
    train.add_argument("--data", type=Path, help="folder of the images (the phantom needs none)")
    train.add_argument(
        "--out", type=Path, required=True, help="folder for bundle, logs, checkpoint"
    )
    train.add_argument("--preset", help="blackbox, protopnet, xprotonet or dprotonet")
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    train.add_argument("--device", help="cpu, cuda or cuda:N; by default cuda where there is one")
    train.add_argument("--folds", type=_folds, help="cross-validate by patient on so many folds")
    train.add_argument("--bundles", action="store_true", help="keep the network of every fold")
    train.add_argument("--resume", action="store_true", help="go on where a run in --out ended")
    train.add_argument(
        "--films", type=Path, dest="images", help="keep placed images here (OUT/films.safetensors)"
    )

    compare = commands.add_parser("compare", help="several networks under one budget")
    compare.add_argument("recipe", help="as for train")
    compare.add_argument(
        "--presets",
        nargs="+",
        default=["dprotonet", "xprotonet", "protopnet", "blackbox"],
        metavar="PRESET",
        help="blackbox, protopnet, xprotonet, dprotonet, or one with keys: dprotonet:masks=random",
    )
    compare.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="SEED")
    compare.add_argument("--data", type=Path, help="folder of the images")
    compare.add_argument("--out", type=Path, required=True, help="folder; run again to go on in it")
    compare.add_argument("--folds", type=_folds, help="judge every image once, out of fold")
    compare.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    compare.add_argument(
        "--films", type=Path, dest="images", help="keep placed images here (OUT/films.safetensors)"
    )
    compare.add_argument("--device")

    studies = commands.add_parser("studies", help="finished comparisons side by side, Markdown")
    studies.add_argument("folder", type=Path, help="in which the folders of compare lie")

    evaluate = commands.add_parser("evaluate", help="figures of a bundle as JSON")
    evaluate.add_argument("bundle", type=Path)
    evaluate.add_argument("--data", type=Path)
    evaluate.add_argument("--split", choices=("train", "validation", "test"), default="test")
    evaluate.add_argument("--device")
    for part in ("faithfulness", "localisation", "sanity"):
        evaluate.add_argument(
            f"--{part}", type=int, default=0, metavar="N", help=f"{part} of N images' heatmaps"
        )
    evaluate.add_argument(
        "--prototypes", type=int, default=0, metavar="N", help="what N images show of prototypes"
    )
    evaluate.add_argument("--method", default=DEFAULT_METHOD, choices=METHODS)
    evaluate.add_argument("--tier", default=DEFAULT_TIER, choices=TIERS)

    _add_bench(commands)

    card = commands.add_parser("card", help="a bundle's model card as Markdown")
    card.add_argument("bundle", type=Path)
    card.add_argument("--out", type=Path, help="the file to write (otherwise printed)")

    gallery = commands.add_parser("gallery", help="attach pictures of prototype sources")
    gallery.add_argument("bundle", type=Path)
    gallery.add_argument("--data", type=Path)

    pointing = commands.add_parser("pointing", help="do heatmaps point at the phantom's findings?")
    pointing.add_argument("bundle", type=Path)
    pointing.add_argument("--n", type=int, default=100, help="correctly classified images to score")
    pointing.add_argument("--methods", nargs="+", default=BESIDE, choices=METHODS)
    pointing.add_argument("--tier", default=DEFAULT_TIER, choices=TIERS)

    boxes = commands.add_parser("boxes", help="do heatmaps lie in the boxes, out of fold?")
    boxes.add_argument("out", type=Path, help="the folder of `train --folds N --bundles`")
    boxes.add_argument("--data", type=Path)
    boxes.add_argument(
        "--methods", nargs="+", default=["mdm", "gradcam", "rise", "centre"], choices=METHODS
    )
    boxes.add_argument("--tier", default=DEFAULT_TIER, choices=TIERS)

    shortcut = commands.add_parser("shortcut", help="do heatmaps show the marker it leans on?")
    shortcut.add_argument("bundle", type=Path)
    shortcut.add_argument("--n", type=int, default=40, help="correctly classified images to score")
    shortcut.add_argument("--methods", nargs="+", default=BESIDE, choices=METHODS)
    shortcut.add_argument("--tier", default=DEFAULT_TIER, choices=TIERS)

    phantom = commands.add_parser("phantom", help="write a folder of synthetic images")
    phantom.add_argument("--out", type=Path, required=True)
    phantom.add_argument("--n", type=int, default=100)
    phantom.add_argument("--seed", type=int, default=1)
    phantom.add_argument("--shortcut", action="store_true", help="a token that goes with a class")

    throughput = commands.add_parser("throughput", help="training's cost against its bounds")
    throughput.add_argument("recipe")
    throughput.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    throughput.add_argument("--films", type=int, dest="images", default=256, help="of noise")
    throughput.add_argument("--repeats", type=int, default=5)
    throughput.add_argument("--device")

    probe = commands.add_parser("probe", help="score of a linear probe on fixed features")
    probe.add_argument("recipe")
    probe.add_argument("--data", type=Path)
    probe.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser


def _add_bench(commands: argparse._SubParsersAction) -> None:
    bench = commands.add_parser("bench", help="heatmap methods compared on held-out images")
    bench.add_argument("bundle", type=Path)
    bench.add_argument("--data", type=Path, help="folder of the images (the phantom needs none)")
    bench.add_argument("--out", type=Path, required=True, help="folder; run again to go on in it")
    bench.add_argument(
        "--methods",
        nargs="+",
        default=[],
        metavar="METHOD",
        help=f"{', '.join(METHODS)} (by default all), or one with settings: mdm:tier=draft, "
        "mdm:steps=12,areas=0.05+0.5; the first is what the others are compared with",
    )
    bench.add_argument(
        "--primary", nargs="+", default=[], metavar="METHOD", help="contrasts declared beforehand"
    )
    bench.add_argument("--split", choices=("validation", "test"), default="test")
    bench.add_argument("--n", type=int, default=100, help="images, spread over the split")
    bench.add_argument("--nodes", nargs="+", default=list(NODES), choices=NODES)
    bench.add_argument("--fills", nargs="+", default=["blur", "mean", "noise"], choices=FILLS)
    bench.add_argument("--steps", type=int, default=16, help="of the curves")
    bench.add_argument("--seed", type=int, default=0)
    bench.add_argument(
        "--besides",
        type=Path,
        nargs="+",
        default=(),
        metavar="OUT",
        help="leave out the images of the comparisons there",
    )
    bench.add_argument("--so-far", action="store_true", help="only the table of what is done")
    bench.add_argument(
        "--cost", type=int, default=0, metavar="K", help="measure each method alone on K images"
    )
    bench.add_argument("--device")


def _folds(text: str) -> int:
    number = int(text)
    if number < 2:
        raise argparse.ArgumentTypeError("give at least 2 folds")
    return number


if __name__ == "__main__":
    sys.exit(main())
