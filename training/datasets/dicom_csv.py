"""A folder of DICOM (or other) files with a table of labels, whose columns the recipe names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample
from training.datasets.tables import (
    existing_folder,
    file_named,
    no_images_error,
    read_rows,
    sex,
    years,
)

ORIGIN = (
    "a folder of images with a CSV table that has a column of files, of labels and of patients; "
    "the recipe names them by table, file_column, label_column and patient_column"
)
_SPLITS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation"}


def load(
    root: Path,
    *,
    table: str = "labels.csv",
    file_column: str = "file",
    label_column: str = "label",
    patient_column: str = "patient",
    negative_class: str | None = None,
    multi_label: bool = False,
) -> Dataset:
    """The images that the table under ``root`` names; classes in alphabetical order.

    The columns "view", "sex", "age" and "split" are read where the table has them.

    Args:
        file_column: of paths relative to ``root``.
        multi_label: the label column has any number of classes, "|" between them; blank for none.

    Raises:
        ReadableError: the table, a column or an image that it names is missing.
    """
    existing_folder(root, ORIGIN)
    rows = read_rows(root / table, (file_column, label_column, patient_column), ORIGIN)
    paths = {row[file_column]: file_named(root, row[file_column]) for row in rows}
    labels = {row[file_column]: _labels(row[label_column], multi_label) for row in rows}
    classes = tuple(sorted({name for names in labels.values() for name in names}))
    _check_files(root, table, paths)
    _check_patients(table, rows, file_column, patient_column)
    samples = tuple(
        Sample(
            path,
            root / path,
            row[patient_column],
            -1 if multi_label else classes.index(row[label_column]),
            row.get("view", ""),
            sex=sex(row.get("sex", "")),
            age=years(row.get("age", "")),
            official_split=_split(row.get("split", "")),  # type: ignore[arg-type]
            labels=tuple(sorted(classes.index(name) for name in labels[row[file_column]]))
            if multi_label
            else None,
        )
        for row in rows
        if (path := paths[row[file_column]]) is not None
    )
    return Dataset(root.resolve().name, classes, negative_class, samples)


def _check_files(root: Path, table: str, paths: Mapping[str, str | None]) -> None:
    missing = [file for file, path in paths.items() if path is None]
    if len(missing) == len(paths):
        raise no_images_error(root, "image", ORIGIN)
    if missing:
        raise ReadableError(
            f"{root} has no file {missing[0]} (and {len(missing) - 1} more that {table} names). "
            "Add them, or take their rows out."
        )


def _check_patients(
    table: str, rows: Sequence[Mapping[str, str]], file_column: str, patient_column: str
) -> None:
    unnamed = next((row[file_column] for row in rows if not row[patient_column]), None)
    if unnamed is not None:
        raise ReadableError(
            f"{table} names no patient for {unnamed}. Give every image one, so that no patient "
            "is on both sides of a split."
        )


def _labels(text: str, multi_label: bool) -> tuple[str, ...]:
    if not multi_label:
        return (text,)
    return tuple(dict.fromkeys(name.strip() for name in text.split("|") if name.strip()))


def _split(text: str) -> str:
    name = text.strip().lower()
    if name in ("", "test"):
        return name
    if name not in _SPLITS:
        raise ReadableError(
            f"The table's split {text!r} is none of train, validation, test and blank."
        )
    return _SPLITS[name]
