"""A folder of classes: ``DIR/<class>/…/<image>``, with patients from a table or from file names.

``DIR/patients.csv`` (columns ``path``, ``patient``, optionally ``view``; paths relative to DIR)
says which images belong to one patient. Without it every image counts as a patient of its own.
"""

from __future__ import annotations

import csv
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample

TABLE = "patients.csv"
_SUFFIXES = frozenset(
    (".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", "")
)
_NOTE_ALONE = (
    f"No {TABLE} says which images belong to one patient: each image was taken for a patient of "
    "its own, so that scores are too good if patients have several."
)


def load(root: Path, negative_class: str | None = None) -> Dataset:
    """The data set of a folder that has one sub-folder for each class.

    Raises:
        ReadableError: the folder, its classes or its images are missing, or the table is off.
    """
    if not root.is_dir():
        raise ReadableError(
            f"There is no folder {root}. Give a folder that has one sub-folder for each class."
        )
    folders = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    if len(folders) < 2:
        raise ReadableError(
            f"{root} has {len(folders)} sub-folder(s). Give a folder that has one sub-folder of "
            "images for each class, at least two."
        )
    people = _people(root / TABLE)
    samples = []
    for label, folder in enumerate(folders):
        paths = _images(folder)
        if not paths:
            raise ReadableError(
                f"The class folder {folder} holds no image. Put DICOM, PNG, JPEG, TIFF, BMP or "
                "WebP files into it, or remove it."
            )
        for path in paths:
            sample_id = path.relative_to(root).as_posix()
            patient, view = people.get(sample_id, (sample_id, ""))
            samples.append(Sample(sample_id, path, patient, label, view))
    _check_table(people, samples)
    note = "" if people else _NOTE_ALONE
    return Dataset(
        root.resolve().name,
        tuple(f.name for f in folders),
        negative_class,
        tuple(samples),
        note=note,
    )


def _images(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix.lower() in _SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _people(table: Path) -> dict[str, tuple[str, str]]:
    if not table.is_file():
        return {}
    with table.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [c for c in ("path", "patient") if c not in (reader.fieldnames or ())]
        if missing:
            raise ReadableError(
                f"{table} has no column {missing[0]!r}. Expected the columns path and patient, "
                "and view where it is known."
            )
        return {
            Path(row["path"]).as_posix(): (row["patient"], row.get("view") or "") for row in reader
        }


def _check_table(people: dict[str, tuple[str, str]], samples: list[Sample]) -> None:
    unnamed = [s.sample_id for s in samples if people and s.sample_id not in people]
    if unnamed:
        raise ReadableError(
            f"{TABLE} has no row for {unnamed[0]} (and {len(unnamed) - 1} more). "
            "Give every image a row, so that no patient stands on both sides of a split."
        )
