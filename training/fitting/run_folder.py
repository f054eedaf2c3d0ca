"""The records of a run's folder, by which the run can be understood and repeated.

``recipe.json`` holds the recipe, ``run.json`` every start of the run.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dprotonet.errors import ReadableError
from training.data.placed_images import PlacedImages
from training.datasets.samples import Dataset
from training.distributed import is_main
from training.io import write_json
from training.recipe import Recipe, weights_name

_log = logging.getLogger(__name__)
FILE = "run.json"
PACKAGES = ("torch", "torchvision", "monai", "pytorch-ignite", "numpy", "pydicom", "pillow")


def keep_recipe(recipe: Recipe, out: Path, *, resume: bool) -> None:
    """Write ``recipe.json`` into the run's folder; a run goes on under its own recipe only.

    Raises:
        ReadableError: the run that is to be resumed was started with another recipe.
    """
    file, values = out / "recipe.json", recipe.to_json()
    if resume and file.is_file():
        before = json.loads(file.read_text(encoding="utf-8"))
        changed = [key for key in values if before.get(key) != values[key]]
        if changed:
            raise ReadableError(
                f"The run in {out} was started with {changed[0]}={before.get(changed[0])}, not "
                f"{values[changed[0]]}. Give the same settings, or another --out."
            )
    if is_main():
        write_json(file, values)


def note_run(
    out: Path,
    recipe: Recipe,
    dataset: Dataset,
    images: PlacedImages,
    *,
    command: str,
    device: str,
    warnings: Sequence[str],
) -> None:
    """Note the start of a run in its folder, and log what is odd about the data."""
    if not is_main():
        return
    if dataset.skipped:
        first = dataset.skipped[0]
        _log.info("%d files are no images and were skipped: %s …", len(dataset.skipped), first)
    for warning in warnings:
        _log.warning("%s", warning)
    record = describe(
        recipe,
        images,
        command=command,
        device=device,
        skipped=dataset.skipped,
        warnings=warnings,
    )
    note_start(out, record)


def describe(
    recipe: Recipe,
    images: PlacedImages,
    *,
    command: str,
    device: str,
    now: datetime | None = None,
    skipped: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Recipe, versions, state of the code and hashes of the data, without the machine's paths.

    Args:
        command: as it was given, without paths.
        now: None for the present.
        skipped: files beside the images that are not images.
        warnings: about the data, logged before training.
    """
    return start_record(command=command, device=device, now=now) | {
        "recipe": recipe.to_json() | {"weights": weights_name(recipe)},
        "weights_sha256": _weights_sha256(recipe),
        "data": {
            "images": len(images),
            "sha256": data_sha256(images),
            "left_out": [name for name, _ in images.left_out],
            "no_images": list(skipped),
            "files_of_several_frames": images.several_frames,
            "warnings": list(warnings),
        },
    }


def start_record(*, command: str, device: str, now: datetime | None = None) -> dict[str, Any]:
    """When and where a command was started, and on which state of the code."""
    return {
        "command": command,
        "started": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "code": code_state(Path(__file__).parents[1]),
        "device": device,
        "hardware": hardware(device),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def note_start(folder: Path, record: Mapping[str, Any]) -> None:
    """Add one more start to the folder's ``run.json``."""
    file = folder / FILE
    earlier = json.loads(file.read_text(encoding="utf-8"))["starts"] if file.is_file() else []
    write_json(file, {"starts": [*earlier, record]})


def hardware(device: str) -> str:
    """The GPU's name, or how many cores of which kind."""
    if device.startswith("cuda"):
        import torch

        return str(torch.cuda.get_device_name(device))
    return f"{os.cpu_count()} CPU cores, {platform.machine()}"


def data_sha256(images: PlacedImages) -> str:
    """One hash over every sample's id, patient, label and image file, in the order of the ids."""
    rows = sorted(
        (s.sample_id, s.patient_id, s.label if s.labels is None else s.labels, digest)
        for s, digest in zip(images.samples, images.sha256s, strict=True)
    )
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def code_state(folder: Path) -> dict[str, Any]:
    """The git commit that ``folder`` lies in, and whether files were changed since; None where
    there is no git tree, or no git."""
    commit = _git(folder, ["rev-parse", "HEAD"])
    changes = _git(folder, ["status", "--porcelain", "--untracked-files=no"])
    return {"commit": commit, "changed": None if changes is None else bool(changes)}


def _git(folder: Path, arguments: Sequence[str]) -> str | None:
    try:
        process = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return process.stdout.strip() if process.returncode == 0 else None


def _weights_sha256(recipe: Recipe) -> str | None:
    """Of the weights file that training starts from, where it is a file."""
    path = Path(recipe.weights) if recipe.weights else None
    if path is None or not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
