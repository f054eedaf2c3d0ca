"""A CSV or Parquet file into checked rows of a table that is described."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dprotonet.attributes.attribute import Attribute, Value, WrongValue
from dprotonet.attributes.cells import Cells, read_cells
from dprotonet.attributes.table import MISSING, AttributeTable, Row
from dprotonet.errors import UnreadableTable

MOST_BYTES = 64 << 20
MOST_ROWS = 50_000
MOST_COLUMNS = 2_000
ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
"""Of files that may hold rows."""


@dataclass(frozen=True)
class RowProblem:
    """A row that cannot be read; the rows after it are.

    Attributes:
        line: as of :class:`~dprotonet.attributes.table.Row`.
        column: of the value that is wrong; "" where it is no single one.
        reason: line, column, fact and mend, in a sentence or two.
    """

    line: int
    column: str
    reason: str


def read_rows(
    source: BinaryIO, table: AttributeTable, *, most: int = MOST_ROWS
) -> tuple[Row | RowProblem, ...]:
    """Every row of a file in its order, each checked by itself.

    A CSV file is UTF-8 (or UTF-16 with its mark), its first line names the columns, and it has
    commas, semicolons or tabs between them; with semicolons a number may be written as 1,5. A file
    that begins as Parquet does is read as that. Columns that the table does not name are left out.

    Args:
        source: the file, open for reading from its beginning.
        table: of the model.
        most: rows that are read.

    Raises:
        UnreadableTable: it is no table, lacks a column, or has too many rows or bytes.
    """
    cells = checked_cells(source, (*table.names,), most=most)
    return tuple(
        RowProblem(cells.lines[number], "", cells.broken[number])
        if number in cells.broken
        else _row(record, cells, cells.lines[number], table)
        for number, record in enumerate(cells.records)
    )


def read_rows_of(path: Path, table: AttributeTable) -> tuple[Row | RowProblem, ...]:
    """:func:`read_rows` of a file on disk.

    Raises:
        UnreadableTable: also where the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            return read_rows(stream, table)
    except OSError as error:
        raise UnreadableTable(f"The table cannot be opened ({error.strerror}).") from None


def checked_cells(source: BinaryIO, columns: Sequence[str], *, most: int = MOST_ROWS) -> Cells:
    """The cells of a file whose size and columns are those of a table.

    Args:
        source: the file, open for reading from its beginning.
        columns: that it must have.
        most: rows that are read.

    Raises:
        UnreadableTable: it is no table, lacks a column, or has too many rows or bytes.
    """
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UnreadableTable(
            f"The table is larger than {MOST_BYTES >> 20} MB. Divide it into smaller files."
        )
    cells = read_cells(data, most=most)
    if len(cells.columns) > MOST_COLUMNS:
        raise UnreadableTable(
            f"The table has {len(cells.columns)} columns; at most {MOST_COLUMNS} are read. Take "
            "out those that the model does not name."
        )
    for name in columns:
        if name not in cells.columns:
            missing = sum(one not in cells.columns for one in columns)
            more = f" and {missing - 1} more that the model reads" if missing > 1 else ""
            raise UnreadableTable(
                f"The table has no column “{name}”{more}. Name the columns in its first line: "
                f"{', '.join(columns[:12])}{', …' if len(columns) > 12 else ''}."
            )
    twice = [n for n, count in Counter(cells.columns).items() if count > 1 and n in columns]
    if twice:
        raise UnreadableTable(
            f"The table has two columns “{twice[0]}”. Rename one of them, or take it out."
        )
    if not cells.records:
        raise UnreadableTable("The table has no row below its first line. Add rows to it.")
    return cells


def is_missing(cell: object) -> bool:
    """Whether a cell stands for a missing value."""
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _row(
    record: Mapping[str, object], cells: Cells, line: int, table: AttributeTable
) -> Row | RowProblem:
    values: list[Value | None] = []
    for attribute in table.attributes:
        try:
            values.append(_value(record[attribute.name], attribute, cells.decimal_comma))
        except WrongValue as error:
            place = f"{cells.line_word} {line}, column “{attribute.name}”"
            return RowProblem(line, attribute.name, f"{place}: the cell {error}.")
    target, group = (text_of(record.get(name)) for name in (table.target, table.group))
    return Row(table.names, tuple(values), line, target, group)


def _value(cell: object, attribute: Attribute, decimal_comma: bool) -> Value | None:
    if is_missing(cell):
        return None
    if isinstance(cell, str):
        return attribute.parse(cell.strip(), decimal_comma=decimal_comma)
    if attribute.kind == "category":
        return attribute.check(text_of(cell))
    return attribute.check(float(cell) if isinstance(cell, bool) else cell)


def text_of(cell: object) -> str:
    """A cell as text, "" where there is nothing: 1, 1.0 and "1" are one class, and "none" is one
    too."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
