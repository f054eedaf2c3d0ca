"""A folder of phantom images: DICOM files, masks and a table of what they show."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.splits import split_of
from training.datasets.phantom.dataset import PhantomSample, phantom_samples
from training.datasets.phantom.dicom.writer import DicomOptions, write_dicom
from training.datasets.phantom.parameters import FINDINGS, Shortcut
from training.datasets.samples import pixels_sha256

_log = logging.getLogger(__name__)

COLUMNS = (
    "file",
    "finding",
    "label",
    "patient_id",
    "split",
    "view",
    "sex",
    "habitus",
    "devices",
    "marker_side",
    "shortcut_token",
    "exposure",
    "difficulty",
    "seed",
    "mask",
    "token_mask",
    "box",
    "pixels_sha256",
)


def write_folder(
    out: Path,
    n: int,
    seed: int,
    shortcut: Shortcut | None = None,
    *,
    size: int = 512,
    difficulty: float = 1.0,
    options: DicomOptions | None = None,
) -> Path:
    """Write images ``0`` to ``n - 1`` of a seed.

    The folder holds ``images/*.dcm``, ``masks/*.png`` (255 inside the finding; one more for the
    shortcut's token) and ``labels.csv``.

    Args:
        out: the folder, created where it is missing.
        n: images.
        seed: of the whole set.
        shortcut: a token that goes with a class.
        size: the longer side in px.
        difficulty: 1 is usual, lower is easier.
        options: how the files are stored.

    Returns:
        The path of ``labels.csv``.
    """
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "masks").mkdir(exist_ok=True)
    table = out / "labels.csv"
    samples = phantom_samples(seed, n, size=size, shortcut=shortcut, difficulty=difficulty)
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        for done, sample in enumerate(samples, start=1):
            rows.writerow(_write_one(out, sample, options))
            if done % 50 == 0:
                _log.info("phantom: %d of %d images", done, n)
    return table


def _write_one(out: Path, sample: PhantomSample, options: DicomOptions | None) -> dict[str, object]:
    image = sample.image()
    facts = image.facts
    name = Path("images") / f"{sample.sample_id}.dcm"
    number = int(sample.patient_id.rpartition("p")[2])
    write_dicom(image, out / name, options, patient=number)
    masks = {"finding": "", "token": ""}
    for kind in masks:
        if image.masks[kind].any():
            masks[kind] = f"masks/{sample.sample_id}.{kind}.png"
            write_mask(image.masks[kind], out / masks[kind])
    return {
        "file": name.as_posix(),
        "finding": facts.finding,
        "label": FINDINGS.index(facts.finding),
        "patient_id": sample.patient_id,
        "split": split_of(sample.patient_id),
        "view": facts.view,
        "sex": facts.sex,
        "habitus": facts.habitus,
        "devices": " ".join(facts.devices),
        "marker_side": facts.marker_side,
        "shortcut_token": int(facts.shortcut_token),
        "exposure": f"{facts.exposure:.4f}",
        "difficulty": facts.difficulty,
        "seed": facts.seed,
        "mask": masks["finding"],
        "token_mask": masks["token"],
        "box": json.dumps(mask_box(image.masks["finding"])),
        "pixels_sha256": pixels_sha256(image.pixels),
    }


def write_mask(mask: NDArray[np.bool_], path: Path) -> None:
    """A mask ``(H, W)`` as a PNG of 0 and 255."""
    Image.fromarray(mask.astype(np.uint8) * 255).save(path, optimize=False)


def mask_box(mask: NDArray[np.bool_]) -> list[int] | None:
    """Left, top, width and height (px) of what a mask marks; None where it marks nothing."""
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]
