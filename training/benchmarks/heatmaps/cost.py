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
from training.benchmarks.heatmaps.isolated_cost import ALL_NODES
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
AVX2 = "avx2"
"""The key of what was measured as on a processor that knows neither AVX-512 nor bfloat16."""
_AS_AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2"}


def measure_costs(
    folder: Path,
    plan: Plan,
    methods: Sequence[ConfiguredMethod],
    samples: Sequence[Sample],
    count: int,
    device: str,
    out: Path,
    *,
    avx2: bool = False,
) -> None:
    """Write ``cost.json``; a method that is in it already is not measured again.

    Args:
        folder: of the bundle.
        plan: whose first images are taken; one more than ``count`` warms up.
        samples: all of the plan's split.
        count: images behind a median.
        device: on which the methods run.
        out: where the plan lies.
        avx2: measure a second time in float32 with instructions of AVX2 alone.

    Raises:
        ReadableError: the process of a method failed, or AVX2 is asked for on a GPU.
    """
    if avx2 and device != "cpu":
        raise ReadableError("--cost-avx2 is about processors. Give --device cpu with it.")
    file = out / FILE
    costs = _head(count, device)
    if file.is_file():
        before = json.loads(file.read_text(encoding="utf-8"))
        if (before["films"], before["device"]) == (count, device):
            costs = before
    costs.setdefault("all_nodes", {})
    parts = {"": costs}
    if avx2:
        parts[AVX2] = costs.setdefault(AVX2, {"methods": {}, "all_nodes": {}})
    names = [method.name for method in methods]
    missing = [
        (name, part)
        for part, measured in parts.items()
        for name in names
        if name not in measured["methods"]
    ]
    bundle = Bundle.load(folder, with_model=False)
    if bundle.reader_facts is not None:
        missing += [(ALL_NODES, part) for part, own in parts.items() if not own["all_nodes"]]
    if not missing:
        return
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "images.safetensors"
        _write_images(bundle, plan, samples, count + 1, images)
        for name, part in missing:
            _log.info("cost: %s %s", name, part)
            figures = _isolated(folder, images, name, plan.seed, device, avx2=part == AVX2)
            if name == ALL_NODES:
                parts[part]["all_nodes"] = figures
            else:
                parts[part]["methods"][name] = figures
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
    folder: Path, images: Path, name: str, seed: int, device: str, *, avx2: bool
) -> dict[str, Any]:
    """What :mod:`training.benchmarks.heatmaps.isolated_cost` prints of one method."""
    module = "training.benchmarks.heatmaps.isolated_cost"
    text = in_float32(name) if avx2 and name != ALL_NODES else name
    result = subprocess.run(
        [sys.executable, "-m", module, str(folder), str(images), text, str(seed), device],
        env={**os.environ, **_WAIT_PASSIVELY, **(_AS_AVX2 if avx2 else {})},
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise ReadableError(
            f"The cost of {name} could not be measured: {last}. "
            "Leave --cost out, or name other methods."
        )
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return figures


def in_float32(name: str) -> str:
    """The same method in float32, which is what "auto" means without bfloat16."""
    return f"{name}{',' if ':' in name else ':'}precision=float32"
