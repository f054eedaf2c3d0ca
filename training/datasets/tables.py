"""Tables that come with data sets: read as text, their columns, paths and findings checked."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from dprotonet.attributes.cells import decoded
from dprotonet.errors import ReadableError
from training.datasets.samples import Sex

_DELIMITERS = (",", ";", "\t")  # tried in this order; the one that gives most expected columns
_SEXES: dict[str, Sex] = {"F": "F", "M": "M"}


def read_rows(path: Path, columns: Sequence[str], origin: str) -> list[dict[str, str]]:
    """The rows of a CSV file, every value stripped, all columns kept.

    Args:
        columns: names of those that must be there.
        origin: what the file is and where to get it, for the error.

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


def read_text(path: Path, origin: str) -> str:
    """A table's text: UTF-8 with or without its mark, or UTF-16 with it, as spreadsheets write.

    Raises:
        ReadableError: it is neither.
    """
    try:
        return decoded(path.read_bytes())
    except UnicodeDecodeError as error:
        raise ReadableError(
            f"{path.name} is no text in UTF-8. Save it as CSV in UTF-8. Expected {origin}."
        ) from error


def _read(
    path: Path, columns: Sequence[str], origin: str
) -> tuple[list[str], list[dict[str, str]]]:
    """Names of the columns, and the rows, whatever the delimiter is."""
    lines = read_text(path, origin).splitlines(keepends=True)
    if lines and lines[0].lower().startswith("sep="):  # a line that spreadsheets add
        lines = lines[1:]
    try:
        readers = [csv.DictReader(lines, delimiter=delimiter) for delimiter in _DELIMITERS]
        headers = [[name.strip() for name in reader.fieldnames or ()] for reader in readers]
        best = max(range(len(_DELIMITERS)), key=lambda at: len(set(columns) & set(headers[at])))
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
    """A path of a table with "/" between its parts, without a Windows drive and "." parts."""
    parts = re.sub(r"^[A-Za-z]:", "", text.strip()).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def file_named(root: Path, text: str) -> str | None:
    """Path below ``root``, with "/", of the file that a table names; None where there is none.

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


def existing_folder(root: Path, origin: str) -> Path:
    """``root``, where it is a folder.

    Raises:
        ReadableError: there is no such folder.
    """
    if not root.is_dir():
        raise ReadableError(f"There is no folder {root}. Expected {origin}.")
    return root


def no_images_error(root: Path, what: str, origin: str) -> ReadableError:
    """The error for a folder that has none of the images that its table names."""
    return ReadableError(f"{root} holds no {what} that its table names. Expected {origin}.")


def years(text: str) -> int | None:
    """An age in whole years; None where it is not known or cannot be."""
    digits = text.strip().rstrip("Yy").split(".")[0]
    if not digits.isdigit() or not 0 <= int(digits) <= 120:
        return None
    return int(digits)


def sex(text: str) -> Sex:
    """ "F", "M" or "" from a value of a table."""
    return _SEXES.get(text.strip()[:1].upper(), "")


def chosen_findings(names: str, known: Sequence[str], origin: str) -> tuple[str, ...]:
    """The findings of a recipe, in the set's order; all of them where none is named.

    Args:
        names: with commas between them, or "".
        known: all findings of the set.
        origin: name of the set, for the error.

    Raises:
        ReadableError: a finding that the set does not have, or fewer than two.
    """
    chosen = [name.strip() for name in names.split(",") if name.strip()] or list(known)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ReadableError(
            f"There is no finding {unknown[0]!r} in {origin}. Choose of: {', '.join(known)}."
        )
    if len(set(chosen)) < 2:
        raise ReadableError(
            f"A multi-label set needs at least two findings, not {len(set(chosen))}. Name two "
            "or more by --set finding=A,B, or leave multi_label out."
        )
    return tuple(name for name in known if name in chosen)
