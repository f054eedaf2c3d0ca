"""How much of the rate of reading is left when files are read in child processes that are warm.

    python -m tests.soaks.intake_rate [--seconds 5] [--json FILE]

The demo cases, small pictures, and radiographs of 4 million pixels are read in this process and in
one warm child, in turns, so that both meet the same machine. ``look`` is what intake does, ``read``
what a page and the network get. Ends with 1 when less than 70 % is left of the rate of all good
files together.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.reader import look, read_image
from tests.app.services.workplaces import dicom
from tests.paths import ROOT

LEAST = 0.7  # of the rate in this process
SIDE = 2000  # pixels of a radiograph that is made here
ROUNDS = 3  # at least


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.intake_rate", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="for each file, about")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    figures = measure(options.seconds)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0 if min(one["rate_left"] for one in figures["all"].values()) >= LEAST else 1


def measure(seconds: float) -> dict[str, dict[str, dict[str, float]]]:
    """Milliseconds a file in this process and in the child, and the fraction of the rate left."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    totals = {"look": [0.0, 0.0], "read": [0.0, 0.0]}
    with IsolatedReader() as reader:
        for name, data in files():
            ways: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
                "look": (partial(look, data), partial(reader.look, data)),
                "read": (partial(read_image, data), partial(reader.read, data)),
            }
            figures[name] = {}
            for way, (here, there) in ways.items():
                times = _in_turns(here, there, seconds / 2)
                figures[name][way] = _row(*times)
                totals[way] = [sum(pair) for pair in zip(totals[way], times, strict=True)]
    return {**figures, "all": {way: _row(*times) for way, times in totals.items()}}


def files() -> Iterator[tuple[str, bytes]]:
    """Good files: names and bytes."""
    for path in sorted((ROOT / "assets" / "cases").iterdir()):
        if path.suffix != ".json":
            yield path.name, path.read_bytes()
    yield "small.dcm", dicom(1)
    chance = np.random.default_rng(0)
    coarse = chance.integers(0, 256, (40, 40)).astype(np.uint8)
    large = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    for kind in ("PNG", "JPEG"):
        out = io.BytesIO()
        large.save(out, kind)
        yield f"large.{kind.lower()}", out.getvalue()
    yield "large.dcm", _radiograph(np.asarray(large).astype("<u2") * 16)


def _radiograph(pixels: np.ndarray) -> bytes:
    from pydicom import dcmread

    file = dcmread(io.BytesIO(dicom(2)))
    file.Rows, file.Columns = pixels.shape
    file.PixelData = pixels.tobytes()
    out = io.BytesIO()
    file.save_as(out)
    return out.getvalue()


def _in_turns(
    here: Callable[[], object], there: Callable[[], object], seconds: float
) -> tuple[float, float]:
    """The shortest time of each, seconds: what else the machine does only adds to it."""
    there(), here()
    shortest = [float("inf"), float("inf")]
    end = time.monotonic() + seconds
    rounds = 0
    while rounds < ROUNDS or time.monotonic() < end:
        for number, call in enumerate((here, there)):
            began = time.perf_counter()
            call()
            shortest[number] = min(shortest[number], time.perf_counter() - began)
        rounds += 1
    return shortest[0], shortest[1]


def _row(here: float, there: float) -> dict[str, float]:
    return {
        "here_ms": round(1000 * here, 2),
        "child_ms": round(1000 * there, 2),
        "rate_left": round(here / there, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
