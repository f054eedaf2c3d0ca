"""What a heatmap costs, apart from how good it is: each method alone in a process of its own.

Images are handed over placed, in a file that is gone afterwards, so that the process holds nothing
but the network and its images.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.benchmarks.heatmaps.methods import Contender
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.records import row_name
from training.fitting.run_folder import hardware
from training.io import write_json

if TYPE_CHECKING:
    from training.datasets.samples import Sample

_log = logging.getLogger(__name__)


def measure_costs(
    folder: Path,
    plan: Plan,
    contenders: Sequence[Contender],
    samples: Sequence[Sample],
    count: int,
    device: str,
    out: Path,
) -> None:
    """Write ``cost.json``; a method that stands in it already is not measured again.

    Args:
        folder: of the bundle.
        plan: whose first images are taken; one more than ``count`` warms up.
        contenders: the methods.
        samples: all of the plan's split.
        count: images behind a median.
        device: on which the method runs.
        out: where the plan lies.
    """
    file = out / "cost.json"
    costs = _head(count, device)
    if file.is_file():
        before = json.loads(file.read_text(encoding="utf-8"))
        if (before["films"], before["device"]) == (count, device):
            costs = before
    missing = [one for one in contenders if one.name not in costs["methods"]]
    if not missing:
        return
    with tempfile.TemporaryDirectory() as place:
        images = Path(place) / "films.safetensors"
        _place(Bundle.load(folder, with_model=False), plan, samples, count + 1, images)
        for contender in missing:
            _log.info("cost: %s", contender.name)
            costs["methods"][contender.name] = _alone(folder, images, contender, plan, device)
            write_json(file, costs)


def _head(count: int, device: str) -> dict[str, Any]:
    """What the seconds are seconds of."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "films": count,
        "device": device,
        "hardware": hardware(device),
        "load_before": None if load is None else round(load, 2),
        "torch": torch.__version__,
        "methods": {},
    }


def _place(bundle: Bundle, plan: Plan, samples: Sequence[Sample], count: int, file: Path) -> None:
    """The plan's first images as ``x (N, 3, S, S)`` and ``inside (N, S, S)``."""
    from safetensors.torch import save_file

    named = {row_name(position, sample): sample for position, sample in enumerate(samples)}
    placed = [bundle.preprocessing(named[name].load()) for name in plan.images[:count]]
    valid_mask = torch.stack([placement.valid_mask() for _, placement in placed])
    save_file({"x": torch.stack([x for x, _ in placed]), "inside": valid_mask}, file)


def _alone(
    folder: Path, images: Path, contender: Contender, plan: Plan, device: str
) -> dict[str, Any]:
    """What ``python -m training.benchmarks.heatmaps.isolated_cost`` says of one method."""
    words = [str(folder.resolve()), str(images), contender.name, str(plan.seed), device]
    done = subprocess.run(
        [sys.executable, "-m", "training.benchmarks.heatmaps.isolated_cost", *words],
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "2000"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise ReadableError(
            f"The cost of {contender.name} could not be measured: {last}. "
            "Leave --cost out, or name other methods."
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
