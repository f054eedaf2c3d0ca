"""What heatmaps of the tier instant cost a folder: images a second with them and without.

    python -m tests.benchmarks.instant_rate BUNDLE [--images 40] [--side 1024] [--rounds 3]

BUNDLE has a mask reader. Synthetic images of SIDE × SIDE pixels are read by the command line
(``predict``, and ``explain --tier instant --no-overlay``, which writes a heatmap of the predicted
class on the native grid) and by the application's batch (the same bundle without and with the maps
of all nodes), each in this process, in turns. Prints one JSON object with the medians over rounds:
images a second by the clock and by processor time (which other programs disturb less), and the
ratios. Ends with 1 where a ratio of processor time is below 0.6.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

LEAST = 0.6


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.instant_rate", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--side", type=int, default=1024, help="rows and columns, pixels")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = write_images(folder / "images", options.images, options.side)
        figures = {
            "command": _ratio(*_commands(options.bundle, images, folder), options),
            "application": _ratio(*_batches(options.bundle, images, folder), options),
        }
    print(json.dumps(figures, indent=2))
    return 0 if all(one["ratio"] >= LEAST for one in figures.values()) else 1


def write_images(folder: Path, count: int, side: int) -> Path:
    """Grey JPEG images, no two the same."""
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(count):
        coarse = chance.integers(0, 256, (24, 24)).astype(np.uint8)
        image = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        image.save(folder / f"{number:05d}.jpg")
    return folder


def _commands(bundle: Path, images: Path, folder: Path) -> tuple[Callable[[], None], ...]:
    from dprotonet.cli.arguments import ExplainRequest, PredictRequest
    from dprotonet.cli.explain import explain
    from dprotonet.cli.predict import predict

    bare = PredictRequest((images,), bundle, "cpu", "json")
    out = folder / "out"
    asked = ExplainRequest(
        (images,), bundle, "cpu", out, ("class",), 0, "mdm", "instant", True, overlays=False
    )
    return lambda: _passed(predict(bare, io.StringIO())), lambda: _passed(
        explain(asked, io.StringIO())
    )


def _passed(status: int) -> None:
    if status:
        raise SystemExit("An image could not be read or explained.")


def _batches(bundle: Path, images: Path, folder: Path) -> tuple[Callable[[], None], ...]:
    """A batch of the application on a new data folder each time."""
    from app import bootstrap
    from app.domain.bundles import BundleInfo
    from app.services import batches
    from app.services.adapters.bundle_registry import Registry
    from app.services.inference import queue
    from app.services.inference.predictor_pool import PredictorPool
    from app.settings import Settings
    from app.store.migrate import upgrade

    class Unread(Registry):
        """The same bundles, whose mask readers are not used."""

        def get(self, digest: str) -> BundleInfo:
            return replace(super().get(digest), has_reader=False)

    settings = Settings(folder, folders=(images,), models=(bundle,))
    digest = next(i.digest for i in Registry((bundle,)).all())
    pool = PredictorPool(Registry(settings.model_folders))
    pool.load(digest)

    def run(registry: type[Registry]) -> None:
        with tempfile.TemporaryDirectory() as data:
            own = replace(settings, data=Path(data))
            bootstrap.prepare_data_folder(own)
            upgrade(own.store_url, backups=None, now=datetime.now(UTC))
            workplace = bootstrap.open_workplace(own)
            workplace = replace(workplace, models=registry(own.model_folders))
            job = batches.start_folder(workplace, images, model=digest)
            queue.run_pending(workplace, pool)
            state = batches.progress(workplace, job.job_id)
            workplace.close()
            if state.counts.get("error") or state.finished != state.total:
                raise SystemExit("A file could not be read.")

    return lambda: run(Unread), lambda: run(Registry)


def _ratio(
    bare: Callable[[], None], with_maps: Callable[[], None], options: argparse.Namespace
) -> dict[str, float]:
    """Both in turns, after one round that counts for nothing."""
    wall: dict[str, list[float]] = {"predict": [], "maps": []}
    processor: dict[str, list[float]] = {"predict": [], "maps": []}
    for number in range(options.rounds + 1):
        for name, work in (("predict", bare), ("maps", with_maps)):
            seconds, own = time.perf_counter(), time.process_time()
            work()
            if number:
                wall[name].append(options.images / (time.perf_counter() - seconds))
                processor[name].append(options.images / (time.process_time() - own))
    rates = {name: median(values) for name, values in processor.items()}
    return {
        "predict_per_second": round(median(wall["predict"]), 2),
        "maps_per_second": round(median(wall["maps"]), 2),
        "ratio_by_the_clock": round(median(wall["maps"]) / median(wall["predict"]), 3),
        "predict_per_processor_second": round(rates["predict"], 2),
        "maps_per_processor_second": round(rates["maps"], 2),
        "ratio": round(rates["maps"] / rates["predict"], 3),
    }


if __name__ == "__main__":
    sys.exit(main())
