"""Tables that come with data sets: read as text, their columns checked by name."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.samples import Sex

_SEXES: dict[str, Sex] = {"F": "F", "M": "M"}


def rows_of(path: Path, columns: Sequence[str], origin: str) -> list[dict[str, str]]:
    """The rows of a CSV file, every value stripped, all columns kept.

    Args:
        columns: that must be there.
        origin: what the file is and where it can be had, for the error.

    Raises:
        ReadableError: the file, one of the columns or every row is missing.
    """
    if not path.is_file():
        raise ReadableError(f"There is no table {path}. Expected {origin}.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            names = [name.strip() for name in reader.fieldnames or ()]
            missing = [c for c in columns if c not in names]
            if missing:
                raise ReadableError(
                    f"{path.name} has no column {missing[0]!r}. Expected the columns "
                    f"{', '.join(columns)}, as in {origin}."
                )
            rows = [
                {(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
                for row in reader
            ]
    except UnicodeDecodeError as error:
        raise ReadableError(
            f"{path.name} is no text in UTF-8 ({error}). Expected {origin}."
        ) from error
    if not rows:
        raise ReadableError(f"{path.name} has no rows. Expected {origin}.")
    return [{c: row.get(c, "") for c in {*columns, *row}} for row in rows]


def folder_of(root: Path, origin: str) -> Path:
    """``root``, where it is a folder.

    Raises:
        ReadableError: there is no such folder.
    """
    if not root.is_dir():
        raise ReadableError(f"There is no folder {root}. Expected {origin}.")
    return root


def none_found(root: Path, what: str, origin: str) -> ReadableError:
    """The error for a folder whose table names images that are all missing."""
    return ReadableError(f"{root} holds no {what} that its table names. Expected {origin}.")


def years(text: str) -> int | None:
    """An age in whole years; None where it is not known or cannot be."""
    digits = text.strip().rstrip("Yy").split(".")[0]
    if not digits.isdigit() or not 0 <= int(digits) <= 120:
        return None
    return int(digits)


def sex(text: str) -> Sex:
    """ "F", "M" or "" from the words that tables use."""
    return _SEXES.get(text.strip()[:1].upper(), "")
