"""RSNA Pneumonia Detection Challenge 2018 (Shih et al. 2019): DICOM images, boxes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from training.datasets.samples import Box, Dataset, Sample
from training.datasets.tables import existing_folder, no_images_error, read_rows

ORIGIN = (
    "the RSNA Pneumonia Detection Challenge (kaggle.com/c/rsna-pneumonia-detection-challenge): "
    "stage_2_train_labels.csv, stage_2_detailed_class_info.csv and stage_2_train_images/*.dcm"
)
LICENCE = "RSNA Pneumonia Detection Challenge (Shih et al., Radiol. Artif. Intell. 2019)."
NOTE = (
    "Two classes: lung opacity, and everything else, other findings among them. "
    "One image a patient."
)
CLASSES = ("no opacity", "opacity")


def load(root: Path) -> Dataset:
    """The images under ``root``.

    Raises:
        ReadableError: a table, a column or every image is missing.
    """
    existing_folder(root, ORIGIN)
    rows = read_rows(
        root / "stage_2_train_labels.csv",
        ("patientId", "x", "y", "width", "height", "Target"),
        ORIGIN,
    )
    boxes: dict[str, list[Box]] = defaultdict(list)
    labels: dict[str, int] = {}
    for row in rows:
        name = row["patientId"]
        labels[name] = max(labels.get(name, 0), int(row["Target"]))
        if row["x"]:
            x, y, width, height = (float(row[key]) for key in ("x", "y", "width", "height"))
            boxes[name].append(Box(x, y, width, height, "opacity"))
    samples = [
        Sample(name, path, name, label, boxes=tuple(boxes[name]))
        for name, label in labels.items()
        if (path := root / "stage_2_train_images" / f"{name}.dcm").is_file()
    ]
    if not samples:
        raise no_images_error(root / "stage_2_train_images", "image", ORIGIN)
    return Dataset("rsna", CLASSES, CLASSES[0], tuple(samples), LICENCE, NOTE)
