"""What a heatmap costs, apart from how good it is: each method alone in a process of its own.

Images are handed to it in a file, fitted to the network's grid already, so that the process holds
nothing but the network and its images. The file is removed afterwards.
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
from training.benchmarks.heatmaps.methods import ConfiguredMethod
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.records import row_name
from training.fitting.run_folder import hardware
from training.io import write_json

if TYPE_CHECKING:
    from training.datasets.samples import Sample

_log = logging.getLogger(__name__)
FILE = "cost.json"
# Threads that wait without work hold the cores that the measured ones need.
_WAIT_PASSIVELY = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "2000"}


def measure_costs(
    folder: Path,
    plan: Plan,
    methods: Sequence[ConfiguredMethod],
    samples: Sequence[Sample],
    count: int,
    device: str,
    out: Path,
) -> None:
    """Write ``cost.json``; a method that is in it already is not measured again.

    Args:
        folder: of the bundle.
        plan: whose first images are taken; one more than ``count`` warms up.
        samples: all of the plan's split.
        count: images behind a median.
        device: on which the methods run.
        out: where the plan lies.

    Raises:
        ReadableError: the process of a method failed.
    """
    file = out / FILE
    costs = _head(count, device)
    if file.is_file():
        before = json.loads(file.read_text(encoding="utf-8"))
        if (before["films"], before["device"]) == (count, device):
            costs = before
    missing = [method for method in methods if method.name not in costs["methods"]]
    if not missing:
        return
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "images.safetensors"
        _write_images(Bundle.load(folder, with_model=False), plan, samples, count + 1, images)
        for method in missing:
            _log.info("cost: %s", method.name)
            costs["methods"][method.name] = _isolated(folder, images, method, plan.seed, device)
            write_json(file, costs)


def _head(count: int, device: str) -> dict[str, Any]:
    """The conditions under which the seconds were measured."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "films": count,  # the key of files that were written before
        "device": device,
        "hardware": hardware(device),
        "load_before": None if load is None else round(load, 2),
        "torch": torch.__version__,
        "methods": {},
    }


def _write_images(
    bundle: Bundle, plan: Plan, samples: Sequence[Sample], count: int, file: Path
) -> None:
    """The plan's first images as ``x (N, 3, S, S)`` and ``valid_mask (N, S, S)``."""
    from safetensors.torch import save_file

    by_name = {row_name(position, sample): sample for position, sample in enumerate(samples)}
    fitted = [bundle.preprocessing(by_name[name].load()) for name in plan.images[:count]]
    tensors = {
        "x": torch.stack([x for x, _ in fitted]),
        "valid_mask": torch.stack([placement.valid_mask() for _, placement in fitted]),
    }
    save_file(tensors, file)


def _isolated(
    folder: Path, images: Path, method: ConfiguredMethod, seed: int, device: str
) -> dict[str, Any]:
    """What :mod:`training.benchmarks.heatmaps.isolated_cost` prints of one method."""
    module = "training.benchmarks.heatmaps.isolated_cost"
    result = subprocess.run(
        [sys.executable, "-m", module, str(folder), str(images), method.name, str(seed), device],
        env={**os.environ, **_WAIT_PASSIVELY},
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise ReadableError(
            f"The cost of {method.name} could not be measured: {last}. "
            "Leave --cost out, or name other methods."
        )
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return figures
