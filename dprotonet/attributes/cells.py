"""The cells of a CSV or Parquet file, before anything is known of its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from dprotonet.errors import UnreadableTable
from dprotonet.tables.parquet import parquet_rows

_DELIMITERS = (",", ";", "\t")
_PARQUET = b"PAR1"  # first and last bytes (Apache Parquet format, "File format")


@dataclass(frozen=True, eq=False)
class Cells:
    """What a file holds.

    Attributes:
        columns: names, in order.
        records: column to cell, a row each: text of a CSV file, values of a Parquet file.
        lines: where each row stands: the line where it ends, or its number from 1.
        line_word: what a line is called: "Line" or "Row".
        decimal_comma: numbers may be written as 1,5.
        broken: number of a row, from 0, to why it cannot be read.
    """

    columns: tuple[str, ...]
    records: tuple[Mapping[str, object], ...]
    lines: tuple[int, ...]
    line_word: str = "Line"
    decimal_comma: bool = False
    broken: Mapping[int, str] = field(default_factory=dict)


def read_cells(data: bytes, *, most: int) -> Cells:
    """The cells of a file's bytes.

    Args:
        data: the whole file.
        most: rows that are read.

    Raises:
        UnreadableTable: it is neither CSV nor Parquet, or has more rows.
    """
    return _parquet(data, most) if data.startswith(_PARQUET) else _csv(data, most)


def _csv(data: bytes, most: int) -> Cells:
    try:
        text = decoded(data)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UnreadableTable(
            "The file is no table: it is neither text in UTF-8 nor Parquet. Save the table as CSV "
            "in UTF-8."
        )
    lines = text.splitlines(keepends=True)
    first = 1
    if lines and lines[0].lower().startswith("sep="):  # a line that spreadsheets add
        lines, first = lines[1:], 2
    if not lines:
        raise UnreadableTable("The table is empty. Write the names of its columns in line 1.")
    delimiter = max(_DELIMITERS, key=lambda one: _width(lines[0], one))
    reader = csv.reader(lines, delimiter=delimiter)
    records: list[Mapping[str, object]] = []
    numbers: list[int] = []
    broken: dict[int, str] = {}
    try:
        columns = tuple(name.strip() for name in next(reader))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(records) == most:
                raise too_many(most)
            line = reader.line_num + first - 1
            if len(cells) != len(columns):
                broken[len(records)] = (
                    f"Line {line} has {len(cells)} cells, the first line names {len(columns)} "
                    "columns. Give every column one cell; put quotation marks around text that "
                    "has the delimiter in it."
                )
            records.append(dict(zip(columns, cells, strict=False)))
            numbers.append(line)
    except csv.Error as error:
        raise UnreadableTable(
            f"Line {reader.line_num + first - 1} of the table cannot be read ({error}). Save it "
            "as CSV in UTF-8."
        ) from None
    decimal_comma = delimiter == ";"
    return Cells(columns, tuple(records), tuple(numbers), "Line", decimal_comma, broken)


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:
        return 0


def decoded(data: bytes) -> str:
    """A table's text: UTF-8 with or without its mark, or UTF-16 with it, as spreadsheets write.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if marked else "utf-8-sig")


def _parquet(data: bytes, most: int) -> Cells:
    records: list[Mapping[str, object]] = []
    try:
        for record in parquet_rows(io.BytesIO(data)):
            if len(records) == most:
                raise too_many(most)
            records.append({key: _plain(cell) for key, cell in record.items()})
    except ValueError:
        raise UnreadableTable(
            "The table begins as a Parquet file and is damaged. Write it again."
        ) from None
    columns = tuple(records[0]) if records else ()
    return Cells(columns, tuple(records), tuple(range(1, len(records) + 1)), "Row")


def _plain(cell: object) -> object:
    return float(cell) if isinstance(cell, Decimal) else cell


def too_many(most: int) -> UnreadableTable:
    """The error of a table with more rows than are read."""
    return UnreadableTable(
        f"The table has more than {most:,} rows. Divide it into files of at most so many."
    )
