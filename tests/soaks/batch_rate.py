"""A large batch of predictions, beside what the bare network can do.

    python -m tests.soaks.batch_rate [--images 10000] [--passes 100] [--kills 3] [--model DIR]

Predicts the same folder of small images through the program's own batch on a PostgreSQL of its own
(what is committed survives a crash), with one worker process and with two, of one thread each, and
before and after each the bare forward pass in a process of one thread, since a machine's speed
changes. Then a smaller batch, a tenth of the images, whose two workers are ended by SIGKILL again
and again. Prints one JSON object: images a second (between the first image that is done and the
last), as a fraction of the bare rate and of one worker's; resident memory of the workers with all
their children in MB, at the first image, in the middle and at the end; and what the kills lost or
did twice. Ends with 1 where a goal is missed: 0.80 of the bare rate with one worker, 1.55 x one
worker's with two, no fault. Linux only; the figures are worth something on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.services import batches
from app.services.workplace import Workplace
from app.store.migrate import upgrade
from tests.app.runtime.many_workers import faults, kill_while_working, working
from tests.app.services.workplaces import make_workplace_with_folder, png
from tests.app.store.postgres import PostgresServer, postgres_programs
from tests.benchmarks.process_memory import tree_memory
from tests.paths import ROOT

SIDE = 300  # px
LOOK_SECONDS = 0.2  # between two looks at the batch, whose rows are counted each time
PATIENCE = 7200.0  # seconds for a batch to end
OF_BARE, OF_ONE = 0.80, 1.55
"""The goals."""


def main() -> int:
    """Run the soak and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.batch_rate", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--passes", type=int, default=100, help="of each bare measurement")
    parser.add_argument("--kills", type=int, default=3, help="of each of two workers")
    parser.add_argument("--model", type=Path, default=ROOT / "assets" / "models" / "nih-pneumonia")
    parser.add_argument(
        "--bare", action="store_true", help="measure the bare pass, in this process"
    )
    options = parser.parse_args()
    if options.bare:
        print(bare_rate(options.model, options.passes))
        return 0
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL's initdb is not installed.")
    server = PostgresServer(programs, durable=True)
    server.start()
    try:
        figures = soak(server, options.model, options.images, options.passes, options.kills)
    finally:
        server.stop()
        server.remove()
    print(json.dumps(figures, indent=2))
    return 0 if all(figures["goals"].values()) else 1


def soak(
    server: PostgresServer, model: Path, images: int, passes: int, kills: int
) -> dict[str, Any]:
    """All three batches and the bare pass between them."""
    bare, runs = [_bare(model, passes)], {}
    for workers in (1, 2):
        runs[workers] = _batch(server, model, images=images, workers=workers, kills=0)
        bare.append(_bare(model, passes))
    killed = _batch(server, model, images=max(10, images // 10), workers=2, kills=kills)
    rate = statistics.median(bare)
    one, two = (runs[workers]["images_per_second"] for workers in (1, 2))
    return {
        "images": images,
        "processors": os.cpu_count(),
        "load_before": os.getloadavg()[1],
        "bare_passes_per_second": [round(each, 2) for each in bare],
        "one_worker": runs[1] | {"of_bare": round(one / rate, 3)},
        "two_workers": runs[2] | {"of_one": round(two / one, 3)},
        "killed": killed,
        "goals": {
            f"{OF_BARE} of the bare rate with one worker": one / rate >= OF_BARE,
            f"{OF_ONE} x with two": two / one >= OF_ONE,
            "nothing lost or twice": not (
                killed["faults"] or runs[1]["faults"] or runs[2]["faults"]
            ),
        },
    }


def bare_rate(model: Path, passes: int) -> float:
    """Passes a second of the network that predicts, with all that a prediction reads from it."""
    import torch

    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.engines.onnx_engine import check_images
    from dprotonet.inference.predictor import Predictor

    torch.set_num_threads(1)
    bundle = Bundle.load(model)
    predictor = Predictor(bundle)
    reader = predictor.model.mask_reader
    watch = () if reader is None else reader.stage_names
    image = check_images(bundle.image_size)[:1]
    with torch.inference_mode():
        for _ in range(5):
            predictor.engine.run(image, watch)
        start = time.perf_counter()
        for _ in range(passes):
            predictor.engine.run(image, watch)
    return passes / (time.perf_counter() - start)


def _bare(model: Path, passes: int) -> float:
    command = [sys.executable, "-m", "tests.soaks.batch_rate", "--bare"]
    done = subprocess.run(
        [*command, "--model", str(model), "--passes", str(passes)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def _batch(
    server: PostgresServer, model: Path, *, images: int, workers: int, kills: int
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = server.database(f"rate_{workers}_{kills}")
        upgrade(url, backups=folder, now=datetime.now(UTC))
        (folder / "assets" / "models").mkdir(parents=True)
        (folder / "assets" / "models" / "nih-pneumonia").symlink_to(model)
        workplace = make_workplace_with_folder(folder / "data", url, folder / "assets")
        try:
            for number in range(images):
                path = workplace.settings.folders[0] / f"{number:05d}.png"
                path.write_bytes(png(number, side=SIDE))
            job = batches.start_folder(workplace, workplace.settings.folders[0])
            with working(workplace, workers, log=folder / "log") as processes:
                if kills:
                    kill_while_working(
                        workplace, job.job_id, processes, kills=kills, seed=1, patience=PATIENCE
                    )
                    figures: dict[str, Any] = {"images": images, "kills": kills * workers}
                else:
                    figures = _watched(workplace, job.job_id, processes.pids, images)
            return figures | {"faults": dict(faults(workplace, job.job_id, images=images))}
        finally:
            workplace.close()


def _watched(workplace: Workplace, job_id: str, pids: list[int], images: int) -> dict[str, Any]:
    """Rate and memory, from the first image that is done to the last."""
    begun: tuple[float, int] | None = None
    memory: list[int] = []
    end = time.monotonic() + PATIENCE
    while True:
        state = batches.progress(workplace, job_id)
        now = time.monotonic()
        if now > end:
            raise SystemExit(f"the batch did not end: {dict(state.counts)}")
        if state.finished and begun is None:
            begun = now, state.finished
        # After a tenth all buffers have their size.
        if state.finished >= (0.1, 0.5, 0.98)[min(len(memory), 2)] * images and len(memory) < 3:
            memory.append(round(sum(map(tree_memory, pids))))
        if not state.job.is_active and begun is not None:
            break
        time.sleep(LOOK_SECONDS)
    return {
        "images_per_second": round((state.finished - begun[1]) / (now - begun[0]), 2),
        "seconds": round(now - begun[0], 1),
        "memory_mb": memory,
    }


if __name__ == "__main__":
    sys.exit(main())
