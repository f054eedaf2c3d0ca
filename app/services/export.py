"""Tables for other programs: CSV that no spreadsheet takes for a formula, and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


LINES = 500  # of a piece


def csv_bytes(columns: Sequence[str], records: Iterable[Mapping[str, object]]) -> bytes:
    """A CSV file in UTF-8 with a header; None is an empty cell.

    Args:
        columns: in order; a record's other keys are left out.
        records: one a line.
    """
    return b"".join(csv_pieces(columns, records))


def csv_pieces(columns: Sequence[str], records: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """The same, in pieces of some hundred lines as records come."""
    rows = chain([columns], ([record.get(name) for name in columns] for record in records))
    while part := list(islice(rows, LINES)):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerows([cell(value) for value in row] for row in part)
        yield out.getvalue().encode("utf-8", "backslashreplace")


def cell(value: object) -> str | int | float:
    """One cell; a text that a spreadsheet would run as a formula gets an apostrophe in front.

    Numbers stay numbers, negative ones too. Leading spaces do not hide a formula from every
    program, so they are looked through.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = str(value).replace("\x00", "")
    if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS):
        return "'" + text
    return text


def json_bytes(document: Mapping[str, object]) -> bytes:
    """A JSON file in UTF-8."""
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    # Half a character is written as JSON's own escape of it.
    return text.encode("utf-8", "backslashreplace")
