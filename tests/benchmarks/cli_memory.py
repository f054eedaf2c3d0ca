"""How much memory a long run takes: growth of the whole process tree after the first 20 images.

    python -m tests.benchmarks.cli_memory BUNDLE [--images 1000] [--command explain]

Writes a folder of images (PNG, JPEG, DICOM; 512 to 2,048 pixels), runs the command over it in a
process of its own, and reads the resident set of that process and its children from /proc after
each record: Linux only. Ends with 1 where the growth reaches the 100 MB that a run of 1,000 images
may take.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.dprotonet.cli.small_images import picture, write_dicom

WARM_UP = 20  # images
MOST = 100  # MB of growth
SIDES = (512, 1024, 2048)  # px


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--command", choices=("predict", "explain"), default="predict")
    parser.add_argument("--tier", default="standard", help="of explain: standard or draft")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images, out = Path(folder, "images"), Path(folder, "out")
        write_folder(images, given.images)
        words = [given.command, images, "--model", given.bundle]
        if given.command == "explain":
            words += ["--out", out, "--tier", given.tier]
        return report(words, given.images)


def write_folder(folder: Path, images: int) -> None:
    """Nine different images, each under many names: hard links, so that the disk holds nine."""
    folder.mkdir()
    kinds = []
    for side in SIDES:
        pixels = picture(side, side, seed=side)
        for kind, ending in (("PNG", "png"), ("JPEG", "jpg")):
            kinds.append(folder / f"0000-{side}.{ending}")
            Image.fromarray(pixels).save(kinds[-1], format=kind)
        kinds.append(write_dicom(folder / f"0000-{side}.dcm", pixels[None]))
    for number in range(len(kinds), images):
        image = kinds[number % len(kinds)]
        os.link(image, folder / f"{number:04d}-{image.name}")


def report(words: list[object], images: int) -> int:
    """Run the command, watch its memory, say what it took."""
    command = [sys.executable, "-m", "dprotonet", *map(str, words)]
    sizes, began = [], time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in process.stdout:
            sizes.append(resident_mb(process.pid))
    warm = sizes[WARM_UP - 1]
    growth = max(sizes[WARM_UP:]) - warm
    found = {
        "status": process.returncode,
        "images": len(sizes),
        "warm_mb": round(warm),
        "most_mb": round(max(sizes)),
        "last_mb": round(sizes[-1]),
        "growth_mb": round(growth),
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(found))
    return 0 if process.returncode == 0 and len(sizes) == images and growth < MOST else 1


def resident_mb(pid: int) -> float:
    """Resident set of a process and all below it, in MB; 0 for one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")), "0")
    return int(own) * 1024 / 1e6 + sum(resident_mb(int(child)) for child in children)


if __name__ == "__main__":
    sys.exit(main())
