"""What a pass costs by torch and by onnxruntime, on the CPU.

    python -m tests.benchmarks.engines BUNDLE… [--threads 1] [--passes 40] [--rounds 5]

The passes of both engines take turns, round by round, in one process, with all that a prediction
needs: similarities, masks, the gate's features, and what a mask reader reads. Prints one JSON
object for each bundle: seconds until an engine is ready, the median over rounds of milliseconds a
pass by the clock and by processor time, and the largest difference between their logits. Ends with
1 where onnxruntime was not taken.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import median

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.inference.engines.network_pass import Engine
from dprotonet.inference.engines.onnx_engine import check_images
from dprotonet.inference.predictor import Predictor


def main() -> int:
    """Run the benchmark and print its JSON objects."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.engines", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--passes", type=int, default=40, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    results = [measured(path, args.passes, args.rounds) for path in args.bundles]
    for result in results:
        print(json.dumps({**result, "threads": args.threads}))
    return 0 if all("onnxruntime" in result["engines"] for result in results) else 1


def measured(path: Path, passes: int, rounds: int) -> dict[str, object]:
    """Both engines on one bundle."""
    bundle = Bundle.load(path)
    engines: dict[str, Engine] = {}
    ready = {}
    for name in ("torch", "onnxruntime"):
        start = time.perf_counter()
        predictor = Predictor(bundle, engine=name)
        ready[predictor.engine.name] = time.perf_counter() - start
        engines[predictor.engine.name] = predictor.engine
    reader = predictor.model.mask_reader
    watch = () if reader is None else reader.stage_names
    images = check_images(bundle.image_size)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    with torch.inference_mode():
        logits = {name: engine.run(images, watch).logits for name, engine in engines.items()}
        for _ in range(rounds):
            for name, engine in engines.items():
                times[name].append(_round(engine, images[:1], watch, passes))
    return {
        "bundle": bundle.name,
        "engines": {
            name: {
                "ready_s": round(ready[name], 2),
                "ms_by_clock": round(median(clock for clock, _ in found), 2),
                "ms_of_processor": round(median(processor for _, processor in found), 2),
            }
            for name, found in times.items()
        },
        "largest_difference_of_logits": max(
            float((one - logits["torch"]).abs().max()) for one in logits.values()
        ),
    }


def _round(
    engine: Engine, image: torch.Tensor, watch: tuple[str, ...], passes: int
) -> tuple[float, float]:
    engine.run(image, watch)
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(passes):
        engine.run(image, watch)
    return (
        (time.perf_counter() - clock) / passes * 1e3,
        (time.process_time() - processor) / passes * 1e3,
    )


if __name__ == "__main__":
    raise SystemExit(main())
