"""How much memory a long batch costs: ``python -m tests.benchmarks.app_memory --images 1000``.

Starts the whole program on a folder of its own with a server folder of synthetic images, lets the
worker read them all, and measures the process tree (server, worker, decoders) after a warm-up of
20 images and from then on. Ends with 1 when it grew by more than 100 MB. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from app.settings import Settings

WARM_UP = 20  # images
MOST_GROWTH = 100.0  # MB
SIDES = ((1024, 1024), (1500, 1200), (2048, 2048))  # rows and columns of images, pixels


def main() -> int:
    """Run the measurement; prints one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.app_memory", description=__doc__
    )
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--explain", action="store_true", help="also one heatmap an image")
    parser.add_argument("--model", type=Path, help="a bundle; else the active one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        images = Path(folder) / "images"
        write_images(images, options.images)
        found = measure(Path(folder) / "data", images, options)
    print(json.dumps(found, indent=2))
    return 0 if found["growth_mb"] <= MOST_GROWTH and found["failed"] == 0 else 1


def write_images(folder: Path, count: int) -> None:
    """PNG and JPEG images of several sizes, no two the same."""
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(count):
        coarse = chance.integers(0, 256, (24, 24)).astype(np.uint8)
        rows, columns = SIDES[number % len(SIDES)]
        image = Image.fromarray(coarse).resize((columns, rows), Image.Resampling.BICUBIC)
        image.save(folder / f"{number:05d}.{'png' if number % 2 else 'jpg'}")


def measure(data: Path, images: Path, options: argparse.Namespace) -> dict[str, float]:
    """Run the program over the images and read the resident memory of its tree."""
    own = {"DPROTONET_FOLDERS": str(images)}
    if options.model:
        own["DPROTONET_MODELS"] = str(options.model.absolute())
    started = time.monotonic()
    with running_program(data, own) as (pid, settings):
        return _watch(settings, images, pid, options, started)


@contextmanager
def running_program(data: Path, own: Mapping[str, str]) -> Iterator[tuple[int, Settings]]:
    """The whole program on a data folder and a port of its own; ``own``: more of its environment.

    Yields:
        The server's process id, and the program's settings.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DPROTONET_DATA": str(data),
        "DPROTONET_PORT": str(port),
        **own,
    }
    process = subprocess.Popen([sys.executable, "-m", "app"], env=environment, stdout=sys.stderr)
    try:
        _wait_for_port(port, process)
        yield process.pid, Settings.from_environment(environment)
    finally:
        process.terminate()
        process.wait(60)


def _watch(
    settings: Settings, images: Path, pid: int, options: argparse.Namespace, started: float
) -> dict[str, float]:
    from app import bootstrap
    from app.services import batches, models

    place = bootstrap.open_workplace(settings)
    chosen = None
    if options.model:
        chosen = next(i for i in models.all(place) if i.path == options.model.absolute()).digest
    job = batches.start_folder(place, images, explain=options.explain, model=chosen)
    after_warm_up = most = 0.0
    while True:
        time.sleep(0.25)
        state = batches.progress(place, job.job_id)
        now = tree_memory(pid)
        if state.finished >= WARM_UP:
            after_warm_up = after_warm_up or now
            most = max(most, now)
        if state.job.state == "done":
            break
    last = tree_memory(pid)
    failed = batches.rows(place, job.job_id, size=1, states=("error", "skipped", "duplicate")).rows
    if failed:
        print(f"{failed[0].name}: {failed[0].state}: {failed[0].message}", file=sys.stderr)
    place.close()
    return {
        "images": state.total,
        "failed": state.total - state.counts.get("done", 0),
        "seconds": round(time.monotonic() - started, 1),
        "after_warm_up_mb": round(after_warm_up, 1),
        "largest_mb": round(most, 1),
        "last_mb": round(last, 1),
        "growth_mb": round(last - after_warm_up, 1),
        "largest_growth_mb": round(most - after_warm_up, 1),
    }


def tree_memory(pid: int) -> float:
    """Resident memory of a process and all below it, MB; shared pages count in part (PSS)."""
    total = 0
    for member in _tree(pid):
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("The program did not start; its messages are above.")


if __name__ == "__main__":
    sys.exit(main())
