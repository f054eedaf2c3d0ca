"""A folder of classes: ``DIR/<class>/…/<image>``, with patients from a table or from file names.

``DIR/<split>/<class>/…/<image>`` is read too: train, val (or valid, validation, dev) and test, in
capitals or not, are then the sides of the split.

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
    root: Path, negative_class: str | None = None, people: PatientTable | None = None
) -> Dataset:
    """The data set of a folder that has one sub-folder for each class.

    Args:
        people: None for patients.csv, where there is one.

    Raises:
        ReadableError: the folder, its classes or its images are missing, or the table is off.
    """
    if not root.is_dir():
        raise ReadableError(
            f"There is no folder {root}. Give a folder that has one sub-folder for each class."
        )
    found = image_folders.class_folders(root)
    classes = tuple(sorted({part.name for part in found}))
    key = people or PatientTable()
    known = _people(root, key)
    samples, skipped = [], []
    for part in found:
        paths, others = image_folders.images_in(part.folder)
        skipped += [path.relative_to(root).as_posix() for path in others]
        if not paths:
            raise ReadableError(
                f"The class folder {part.folder} holds no image. Put DICOM, PNG, JPEG, TIFF, BMP "
                "or WebP files into it, or remove it."
            )
        for path in paths:
            sample_id = path.relative_to(root).as_posix()
            patient, view = _named(known, sample_id) or (sample_id, "")
            label = classes.index(part.name)
            samples.append(Sample(sample_id, path, patient, label, view, official_split=part.split))
    _check_table(known, samples, key.table)
    return Dataset(
        root.resolve().name,
        classes,
        negative_class,
        tuple(samples),
        note="" if known else _NOTE_ALONE,
        skipped=tuple(skipped),
    )


def _people(root: Path, key: PatientTable) -> dict[str, tuple[str, str]]:
    """Patient and view by the words in the column of files; none where there is no such table."""
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


def _named(people: dict[str, tuple[str, str]], sample_id: str) -> tuple[str, str] | None:
    """By path, by file name, or by its stem, as tables have it."""
    path = Path(sample_id)
    return people.get(sample_id) or people.get(path.name) or people.get(path.stem)


def _check_table(people: dict[str, tuple[str, str]], samples: list[Sample], table: str) -> None:
    unnamed = [s.sample_id for s in samples if people and not _named(people, s.sample_id)]
    if unnamed:
        raise ReadableError(
            f"{table} has no row for {unnamed[0]} (and {len(unnamed) - 1} more). "
            "Give every image a row, so that no patient stands on both sides of a split."
        )
