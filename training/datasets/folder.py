"""A folder of classes: ``DIR/<class>/…/<image>``, with patients from a table or from file names.

``DIR/<split>/<class>/…/<image>`` is read too: train, val (or valid, validation, dev) and test, in
upper or lower case, are then the sides of the split.

``DIR/patients.csv`` (columns ``path``, ``patient``, optionally ``view``; paths relative to DIR)
says which images belong to one patient. Without it every image counts as a patient of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets import image_folders
from training.datasets.samples import Dataset, Sample
from training.datasets.tables import file_named, inner_path, read_rows

TABLE = "patients.csv"
_NOTE_ALONE = (
    f"No {TABLE} says which images belong to one patient: each image was taken for a patient of "
    "its own, so that scores are too good if patients have several."
)


@dataclass(frozen=True)
class PatientTable:
    """Where a folder says which images belong to one patient.

    Attributes:
        table: name of the CSV file in the folder.
        file_column: of paths relative to the folder, of file names or of their stems.
        patient_column: of whatever groups images: patients, lesions, examinations.
    """

    table: str = TABLE
    file_column: str = "path"
    patient_column: str = "patient"


def load(
    root: Path, negative_class: str | None = None, patient_table: PatientTable | None = None
) -> Dataset:
    """The data set of a folder that has one sub-folder for each class.

    Args:
        patient_table: None for patients.csv, where the folder has it.

    Raises:
        ReadableError: the folder, its classes or its images are missing, or the table is wrong.
    """
    if not root.is_dir():
        raise ReadableError(
            f"There is no folder {root}. Give a folder that has one sub-folder for each class."
        )
    parts = image_folders.class_folders(root)
    classes = tuple(sorted({part.name for part in parts}))
    key = patient_table or PatientTable()
    patients = _patients(root, key)
    samples, skipped = [], []
    for part in parts:
        paths, other_files = image_folders.images_in(part.folder)
        skipped += [path.relative_to(root).as_posix() for path in other_files]
        if not paths:
            raise ReadableError(
                f"The class folder {part.folder} holds no image. Put DICOM, PNG, JPEG, TIFF, BMP "
                "or WebP files into it, or remove it."
            )
        for path in paths:
            sample_id = path.relative_to(root).as_posix()
            patient, view = _named(patients, sample_id) or (sample_id, "")
            label = classes.index(part.name)
            samples.append(Sample(sample_id, path, patient, label, view, official_split=part.split))
    _check_table(patients, samples, key.table)
    return Dataset(
        root.resolve().name,
        classes,
        negative_class,
        tuple(samples),
        note="" if patients else _NOTE_ALONE,
        skipped=tuple(skipped),
    )


def _patients(root: Path, key: PatientTable) -> dict[str, tuple[str, str]]:
    """Patient and view by the table's names of files; empty where there is no such table."""
    table = root / key.table
    if not table.is_file() and key == PatientTable():
        return {}
    origin = "a table that says which images belong to one patient"
    return {
        file_named(root, row[key.file_column]) or inner_path(row[key.file_column]): (
            row[key.patient_column],
            row.get("view", ""),
        )
        for row in read_rows(table, (key.file_column, key.patient_column), origin)
    }


def _named(patients: dict[str, tuple[str, str]], sample_id: str) -> tuple[str, str] | None:
    """By path, by file name, or by its stem, as tables have it."""
    path = Path(sample_id)
    return patients.get(sample_id) or patients.get(path.name) or patients.get(path.stem)


def _check_table(patients: dict[str, tuple[str, str]], samples: list[Sample], table: str) -> None:
    unnamed = [s.sample_id for s in samples if patients and not _named(patients, s.sample_id)]
    if unnamed:
        raise ReadableError(
            f"{table} has no row for {unnamed[0]} (and {len(unnamed) - 1} more). "
            "Give every image a row, so that no patient is on both sides of a split."
        )
