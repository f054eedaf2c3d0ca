"""How much memory a long run of the command line takes, after the first 20 images.

    python -m tests.benchmarks.cli_memory BUNDLE [--images 1000] [--command explain] [--tier draft]

Writes a folder of images (PNG, JPEG, DICOM; 512 to 2,048 pixels), runs the command over it in a
process of its own, and reads the memory of that process and its children from /proc after each
record: Linux only. Ends with 1 where the growth reaches the 100 MB that a run of 1,000 images
may take.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.benchmarks.process_memory import tree_memory
from tests.dprotonet.cli.small_images import picture, write_dicom

WARM_UP = 20  # images
MOST_GROWTH = 100  # MB
SIDES = (512, 1024, 2048)  # px


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.cli_memory", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--command", choices=("predict", "explain"), default="predict")
    parser.add_argument("--tier", default="standard", help="of explain: standard or draft")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images, out = Path(folder, "images"), Path(folder, "out")
        write_images(images, options.images)
        arguments = [options.command, images, "--model", options.bundle]
        if options.command == "explain":
            arguments += ["--out", out, "--tier", options.tier]
        figures = measure(arguments)
    print(json.dumps(figures, indent=2))
    complete = figures["status"] == 0 and figures["images"] == options.images
    return 0 if complete and figures["growth_mb"] < MOST_GROWTH else 1


def write_images(folder: Path, count: int) -> None:
    """Nine different images, each under many names: hard links, so that the disk holds nine."""
    folder.mkdir()
    kinds = []
    for side in SIDES:
        pixels = picture(side, side, seed=side)
        for kind, ending in (("PNG", "png"), ("JPEG", "jpg")):
            kinds.append(folder / f"0000-{side}.{ending}")
            Image.fromarray(pixels).save(kinds[-1], format=kind)
        kinds.append(write_dicom(folder / f"0000-{side}.dcm", pixels[None]))
    for number in range(len(kinds), count):
        image = kinds[number % len(kinds)]
        os.link(image, folder / f"{number:04d}-{image.name}")


def measure(arguments: list[object]) -> dict[str, float]:
    """Run the command and watch its memory."""
    command = [sys.executable, "-m", "dprotonet", *map(str, arguments)]
    sizes, began = [], time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in process.stdout:
            sizes.append(tree_memory(process.pid))
    warm = sizes[WARM_UP - 1]
    growth = max(sizes[WARM_UP:]) - warm
    return {
        "status": process.returncode,
        "images": len(sizes),
        "warm_mb": round(warm),
        "largest_mb": round(max(sizes)),
        "last_mb": round(sizes[-1]),
        "growth_mb": round(growth),
        "seconds": round(time.monotonic() - began, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
