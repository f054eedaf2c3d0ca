"""How much memory a long batch costs the whole program.

    python -m tests.benchmarks.app_memory [--images 1000] [--explain] [--model BUNDLE]

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

from app.domain.figures.batch_view import BatchFilters
from app.settings import Settings
from tests.benchmarks.process_memory import tree_memory
from tests.entering import STARTED_WITH

WARM_UP = 20  # images
MOST_GROWTH = 100.0  # MB
SIDES = ((1024, 1024), (1500, 1200), (2048, 2048))  # rows and columns of images, pixels


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.app_memory", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--explain", action="store_true", help="also one heatmap an image")
    parser.add_argument("--model", type=Path, help="a bundle; else the active one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images"
        write_images(images, options.images)
        figures = measure(Path(folder) / "data", images, options)
    print(json.dumps(figures, indent=2))
    return 0 if figures["growth_mb"] <= MOST_GROWTH and figures["failed"] == 0 else 1


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
        **STARTED_WITH,
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

    workplace = bootstrap.open_workplace(settings)
    model = None
    if options.model:
        path = options.model.absolute()
        model = next(info for info in models.all(workplace) if info.path == path).digest
    job = batches.start_folder(workplace, images, explain=options.explain, model=model)
    after_warm_up = largest = 0.0
    while True:
        time.sleep(0.25)
        state = batches.progress(workplace, job.job_id)
        now = tree_memory(pid)
        if state.finished >= WARM_UP:
            after_warm_up = after_warm_up or now
            largest = max(largest, now)
        if state.job.state == "done":
            break
    last = tree_memory(pid)
    unread = ("error", "skipped", "duplicate")
    failed = batches.rows(workplace, job.job_id, size=1, filters=BatchFilters(states=unread)).rows
    if failed:
        print(f"{failed[0].name}: {failed[0].state}: {failed[0].message}", file=sys.stderr)
    workplace.close()
    return {
        "images": state.total,
        "failed": state.total - state.counts.get("done", 0),
        "seconds": round(time.monotonic() - started, 1),
        "after_warm_up_mb": round(after_warm_up, 1),
        "largest_mb": round(largest, 1),
        "last_mb": round(last, 1),
        "growth_mb": round(last - after_warm_up, 1),
        "largest_growth_mb": round(largest - after_warm_up, 1),
    }


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
