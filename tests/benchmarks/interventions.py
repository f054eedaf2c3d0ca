"""How long a reader waits for what the model says after a change.

    python -m tests.benchmarks.interventions [--tries 20] [--model NAME]

Starts the whole program on a folder of its own, takes in the demo images that the model reads, and
tries changes over HTTP as a browser does: prototypes off, a region hidden, both, the same again,
each as long as it takes from the request to the answer with all its words. "first" is the first
region of each image, for which its file is read and decoded; "later" are further regions of it,
one after the other; "beside a heatmap" are regions while the worker refines a heatmap. "passes" is
the network alone in this process: one image and the eight of the control. Prints one JSON object;
ends with 1 where a first answer took more than 1 s, or 5 of 100 later ones more than 0.3 s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from app import bootstrap
from app.services import explanations, models, review
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.benchmarks.app_memory import running_program
from tests.benchmarks.viewing import percentile
from tests.entering import BEARER
from tests.paths import ROOT

MOST_FIRST, MOST_LATER = 1.0, 0.3  # seconds
PATIENCE = 120.0  # seconds until all is predicted
CASES = ROOT / "assets" / "cases"


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.interventions", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--tries", type=int, default=20, help="later ones of each image")
    parser.add_argument("--model", default="chest-phantom", help="one that is installed")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_program(Path(folder) / "data", {}) as (_, settings),
    ):
        workplace = bootstrap.open_workplace(settings)
        try:
            figures = measure(workplace, settings.port, options.tries, options.model)
        finally:
            workplace.close()
    print(json.dumps(figures, indent=2))
    is_slow = figures["first_max_s"] > MOST_FIRST or figures["later_p95_s"] > MOST_LATER
    return 1 if is_slow else 0


def measure(workplace: Workplace, port: int, tries: int, model: str) -> dict[str, Any]:
    """Seconds of each kind of try, over all images that the model makes a call on."""
    models.activate(workplace, model)
    cases = [*predicted(workplace)]
    browser = Browser(port)
    first, later, off, both, again = (list[float]() for _ in range(5))
    for number, (case, prototype) in enumerate(cases):
        off.append(browser.seconds(case, {"off": [prototype]}))
        first.append(browser.seconds(case, {"region": box(number)}))
        for place in range(1, tries + 1):
            later.append(browser.seconds(case, {"region": box(number + place)}))
        both.append(browser.seconds(case, {"off": [prototype], "region": box(number)}))
        again.append(browser.seconds(case, {"off": [prototype], "region": box(number)}))
    beside = list[float]()
    case, _ = cases[0]
    job = explanations.request(workplace, case, node="class", tier="full")
    number = 0
    while explanations.progress(workplace, job.job_id).is_active:  # type: ignore[union-attr]
        number += 1
        beside.append(browser.seconds(case, {"region": box(100 + number)}))
    passes = bare_passes(workplace, model, tries)
    return {
        "processors": os.cpu_count() or 0,
        "load_1min": round(os.getloadavg()[0], 2),
        "images": len(cases),
        "passes_s": round(passes, 3),
        "off_p50_s": round(statistics.median(off), 3),
        "off_max_s": round(max(off), 3),
        "first_p50_s": round(statistics.median(first), 3),
        "first_max_s": round(max(first), 3),
        "later_p50_s": round(statistics.median(later), 3),
        "later_p95_s": round(percentile(later), 3),
        "later_max_s": round(max(later), 3),
        "both_p50_s": round(statistics.median(both), 3),
        "again_p50_s": round(statistics.median(again), 3),
        "beside_a_heatmap": len(beside),
        "beside_a_heatmap_p50_s": round(statistics.median(beside), 3) if beside else None,
        "beside_a_heatmap_max_s": round(max(beside), 3) if beside else None,
    }


def box(number: int) -> dict[str, Any]:
    """A region of about a tenth of an image of 512 pixels, another for each number."""
    left, top = 40 + 37 * number % 230 + number / 100, 60 + 53 * number % 210
    corners = [[left, top], [left + 150, top + 170]]
    return {"marks": [{"kind": "ellipse", "points": corners}], "action": "hide", "fill": "blur"}


def predicted(workplace: Workplace) -> Iterator[tuple[str, str]]:
    """The images that the model makes a call on, each with the prototype that speaks most."""
    for path in sorted(CASES.glob("*.[dj][cp]*")):
        taken = intake.add(workplace, path, name=path.name)
        end = time.monotonic() + PATIENCE
        while (sheet := review.open_case(workplace, str(taken.case_id))).prediction is None:
            if time.monotonic() > end:
                raise SystemExit(f"{path.name} was not read in time: {sheet.problem}")
            time.sleep(0.1)
        if sheet.prediction.supported:
            yield str(taken.case_id), sheet.matches[0].match.prototype


class Browser:
    """Tries changes over one connection."""

    def __init__(self, port: int) -> None:
        self._http = HTTPConnection("localhost", port, timeout=PATIENCE)
        self._headers = {
            **BEARER,
            "Origin": f"http://localhost:{port}",
            "Content-Type": "application/json",
        }

    def seconds(self, case: str, change: dict[str, Any]) -> float:
        """From the request to the whole answer."""
        began = time.monotonic()
        told = self._ask("POST", f"/api/room/try/{case}/0", json.dumps(change))
        while told["state"] in ("waiting", "running"):
            told = self._ask("GET", f"/api/room/try/{told['id']}")
        took = time.monotonic() - began
        assert told["state"] == "done" and told["sentence"], told
        return took

    def _ask(self, method: str, path: str, body: str | None = None) -> dict[str, Any]:
        self._http.request(method, path, body, self._headers)
        answer = self._http.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, told
        return told


def bare_passes(workplace: Workplace, model: str, times: int) -> float:
    """Median seconds of the network for one image and then eight, with nothing else to do."""
    import torch

    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.intervening import DRAWS
    from dprotonet.inference.predictor import Predictor

    info = next(info for info in models.all(workplace) if info.name == model)
    predictor = Predictor(Bundle.load(info.path))
    size = predictor.bundle.preprocessing.size
    images = torch.zeros(DRAWS, 3, size, size)

    def once() -> float:
        began = time.monotonic()
        with torch.inference_mode():
            predictor.network.run(images[:1])
            predictor.network.run(images)
        return time.monotonic() - began

    _repeat(once, 2)
    return statistics.median(_repeat(once, times))


def _repeat(work: Callable[[], float], times: int) -> list[float]:
    return [work() for _ in range(times)]


if __name__ == "__main__":
    sys.exit(main())
