"""Small replicas of public layouts, made by the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

NIH_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
SIDE = 96


def image(level: int, seed: int, colour: bool = False) -> Image.Image:
    """Noise around a level: classes differ by it, so that a few steps can learn them."""
    shape = (SIDE, SIDE, 3) if colour else (SIDE, SIDE)
    noise = np.random.default_rng(seed).normal(level, 25.0, shape)
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8))


def nih(
    root: Path,
    *,
    patients: int = 30,
    folder: str = "images",
    suffix: str = "jpg",
    named: str = "png",
) -> Path:
    """ChestX-ray14's layout: every other patient has pneumonia; the table says .png."""
    (root / folder).mkdir(parents=True)
    lines, boxes = [NIH_HEADER], [BOX_HEADER]
    for patient in range(1, patients + 1):
        ill = patient % 2
        for visit in range(2):
            stem = f"{patient:08d}_{visit:03d}"
            image(160 if ill else 80, 10 * patient + visit).save(root / folder / f"{stem}.{suffix}")
            finding = "Infiltration|Pneumonia" if ill else "No Finding"
            view = "AP" if visit else "PA"
            lines.append(
                f"{stem}.{named},{finding},{visit},{patient},50,F,{view},2048,2048,0.1,0.1"
            )
            if ill and visit == 0:
                boxes.append(f"{stem}.{named},Pneumonia,512,256,128,64,,,")
    (root / "Data_Entry_2017_v2020.csv").write_text("\n".join(lines) + "\n")
    (root / "BBox_List_2017.csv").write_text("\n".join(boxes) + "\n")
    return root


def classes(root: Path, *, each: int = 14) -> Path:
    """Three classes of colour photographs, with a table of patients."""
    lines = ["path,patient"]
    for level, name in ((50, "alpha"), (120, "beta"), (200, "gamma")):
        (root / name).mkdir(parents=True)
        for i in range(each):
            image(level, level + i, colour=True).save(root / name / f"{i:02d}.png")
            lines.append(f"{name}/{i:02d}.png,{name}-{i // 2}")
    (root / "patients.csv").write_text("\n".join(lines) + "\n")
    return root
