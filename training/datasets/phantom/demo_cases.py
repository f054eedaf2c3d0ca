"""The demo cases of the application: ``python -m training.datasets.phantom.demo_cases``.

The images lie in assets/cases; the command makes them again, bit for bit.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training.datasets.phantom.dicom.writer import (
    FULL,
    DicomOptions,
    ViewWindow,
    write_dicom,
    write_frames,
)
from training.datasets.phantom.export import mask_box
from training.datasets.phantom.generator import PhantomImage, render
from training.datasets.phantom.parameters import draw_facts

CASES = Path("assets") / "cases"
DIFFICULTY = 0.25
"""That of the images which the bundle chest-phantom learned from (recipes/phantom.yaml)."""


@dataclass(frozen=True)
class DemoCase:
    """One demo file.

    Attributes:
        file: its name; ``.jpg`` makes a JPEG, all others are DICOM.
        shows: a sentence for the reader.
        images: seed, finding, view and devices (None draws them) of each frame.
        options: how the DICOM file is stored.
        shape: ``(H, W)`` px.
    """

    file: str
    shows: str
    images: tuple[tuple[int, str, str, tuple[str, ...] | None], ...]
    options: DicomOptions = DicomOptions()  # noqa: RUF009 - frozen
    shape: tuple[int, int] = (512, 512)


LUNG = ViewWindow("LUNG", 0.05, 0.70)
MEDIASTINUM = ViewWindow("MEDIASTINUM", 0.45, 1.0)

DEMO_CASES = (
    DemoCase(
        "consolidation-monochrome1.dcm",
        "Consolidation; stored as MONOCHROME1, in which high values are black.",
        ((7004, "consolidation", "PA", ()),),
        DicomOptions(photometric="MONOCHROME1"),
    ),
    DemoCase(
        "nodule-12bit-two-windows.dcm",
        "A nodule; 12 bits, with one window for the lungs and one for the mediastinum.",
        ((7102, "nodule", "PA", ()),),
        DicomOptions(bits=12, windows=(FULL, LUNG, MEDIASTINUM)),
    ),
    DemoCase(
        "effusion-16bit.dcm",
        "A pleural effusion; 16 bits, in an image higher than wide.",
        ((7202, "effusion", "PA", ()),),
        shape=(512, 430),
    ),
    DemoCase(
        "none-jpeg2000.dcm",
        "No finding; compressed without loss as JPEG 2000.",
        ((7404, "none", "PA", ()),),
        DicomOptions(bits=12, transfer_syntax="jpeg2000"),
    ),
    DemoCase(
        "effusion-rle.dcm",
        "A pleural effusion; 8 bits, compressed without loss as RLE.",
        ((7204, "effusion", "PA", ()),),
        DicomOptions(bits=8, transfer_syntax="rle"),
    ),
    DemoCase(
        "portable-ap-devices.dcm",
        "A portable image (AP) with leads, a central line and a tube; consolidation. JPEG-LS.",
        ((7606, "consolidation", "AP", ("ecg_leads", "central_line", "tube")),),
        DicomOptions(bits=12, transfer_syntax="jpeg-ls"),
    ),
    DemoCase(
        "nodule.jpg",
        "A nodule in a patient with a pacemaker; a JPEG, without any header.",
        ((7707, "nodule", "PA", ("pacemaker",)),),
    ),
    DemoCase(
        "two-frames.dcm",
        "Two images in one file: the first without finding, the second with consolidation.",
        ((7808, "none", "PA", ()), (7808, "consolidation", "PA", ())),
        shape=(448, 448),
    ),
)


def write_demo_cases(out: Path = CASES) -> Path:
    """Write the demo images and ``cases.json``.

    Args:
        out: the folder, created where it is missing.

    Returns:
        The path of ``cases.json``: for each file what it shows, the true finding of each frame,
        the seeds, and the finding's box (left, top, width, height in px).
    """
    out.mkdir(parents=True, exist_ok=True)
    records = []
    for number, case in enumerate(DEMO_CASES, start=1):
        images = [
            render(
                draw_facts(
                    seed,
                    finding,
                    view=view,
                    devices=devices,
                    shape=case.shape,
                    difficulty=DIFFICULTY,
                )
            )
            for seed, finding, view, devices in case.images
        ]
        _write(case, images, out / case.file, number)
        records.append(
            {
                "file": case.file,
                "shows": case.shows,
                "finding": images[0].facts.finding,
                "frames": [
                    {
                        "finding": image.facts.finding,
                        "seed": image.facts.seed,
                        "view": image.facts.view,
                        "devices": list(image.facts.devices),
                        "box": mask_box(image.masks["finding"]),
                    }
                    for image in images
                ],
            }
        )
    index = out / "cases.json"
    index.write_text(json.dumps({"cases": records}, indent=2) + "\n", encoding="utf-8")
    return index


def _write(case: DemoCase, images: list[PhantomImage], path: Path, patient: int) -> None:
    if path.suffix == ".jpg":
        grey = np.rint(images[0].pixels / 257).astype(np.uint8)
        Image.fromarray(grey).save(path, quality=92)
    elif len(images) > 1:
        write_frames(images, path, patient=patient)
    else:
        write_dicom(images[0], path, case.options, patient=patient)


def main() -> None:
    """Write the demo cases from the shell."""
    parser = argparse.ArgumentParser(description="Write the demo cases.")
    parser.add_argument("--out", type=Path, default=CASES, help="folder (default: assets/cases)")
    write_demo_cases(parser.parse_args().out)


if __name__ == "__main__":
    main()
