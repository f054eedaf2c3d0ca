"""Tables that come with data sets: read as text, their columns checked by name."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.samples import Sex

_SIGNS = (",", ";", "\t")  # between columns; the first that gives most of those asked for
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
    names, rows = _read(path, columns, origin)
    missing = [c for c in columns if c not in names]
    if missing:
        raise ReadableError(
            f"{path.name} has no column {missing[0]!r}. Expected the columns "
            f"{', '.join(columns)}, as in {origin}."
        )
    if not rows:
        raise ReadableError(f"{path.name} has no rows. Expected {origin}.")
    return [{c: row.get(c, "") for c in {*columns, *row}} for row in rows]


def text_of(path: Path, origin: str) -> str:
    """A table's text: UTF-8 with or without its mark, or UTF-16 with it, as spreadsheets write.

    Raises:
        ReadableError: it is neither.
    """
    data = path.read_bytes()
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadableError(
            f"{path.name} is no text in UTF-8. Save it as CSV in UTF-8. Expected {origin}."
        ) from error


def _read(
    path: Path, columns: Sequence[str], origin: str
) -> tuple[list[str], list[dict[str, str]]]:
    """Names of the columns and the rows, whichever sign stands between them."""
    lines = text_of(path, origin).splitlines(keepends=True)
    if lines and lines[0].lower().startswith("sep="):  # spreadsheets say it so
        lines = lines[1:]
    try:
        readers = [csv.DictReader(lines, delimiter=sign) for sign in _SIGNS]
        headers = [[name.strip() for name in reader.fieldnames or ()] for reader in readers]
        best = max(range(len(_SIGNS)), key=lambda at: len(set(columns) & set(headers[at])))
        rows = [
            {(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
            for row in readers[best]
        ]
    except csv.Error as error:
        raise ReadableError(
            f"{path.name} is no table of comma-separated values. Expected {origin}."
        ) from error
    return headers[best], rows


def inner_path(text: str) -> str:
    """A path of a table with "/" between its parts, without drive, "." and ends of Windows."""
    parts = re.sub(r"^[A-Za-z]:", "", text.strip()).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def file_named(root: Path, text: str) -> str | None:
    """Where below ``root`` the file lies that a table names, with "/"; None where there is none.

    The table may come from another machine: with "\\" between folders, with a drive or with
    folders above ``root``, which are left out one by one.
    """
    if text and not Path(text).is_absolute() and (root / text).is_file():
        return Path(text).as_posix()
    parts = inner_path(text).split("/")
    for start in range(len(parts)):
        inner = "/".join(parts[start:])
        if inner and ".." not in parts[start:] and (root / inner).is_file():
            return inner
    return text if text and Path(text).is_file() and Path(text).is_absolute() else None


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
