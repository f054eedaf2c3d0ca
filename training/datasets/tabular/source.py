"""A table as it was read: cells, with the columns of class and group, before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dprotonet.attributes.cells import Cells
from dprotonet.attributes.reading import checked_cells, text_of
from dprotonet.errors import ReadableError, UnreadableTable


@dataclass(frozen=True, eq=False)
class SourceTable:
    """Cells and what they are.

    Attributes:
        name: of the table.
        cells: all of it.
        target: column of the class.
        group: column of the patient or group; "" where every row stands for itself.
        units: of columns where they are known.
        negative_class: the class that means "nothing found", or None.
        licence: licence and attribution, for the card.
        note: what readers of the scores have to know.
    """

    name: str
    cells: Cells
    target: str
    group: str = ""
    units: Mapping[str, str] | None = None
    negative_class: str | None = None
    licence: str = ""
    note: str = ""

    @property
    def targets(self) -> tuple[str, ...]:
        """The class of each row."""
        return tuple(text_of(record[self.target]) for record in self.cells.records)

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each row: its own where the table has none."""
        if not self.group:
            return tuple(row_name(line) for line in self.cells.lines)
        return tuple(text_of(record[self.group]) for record in self.cells.records)


def row_name(line: int) -> str:
    """What a row is called by, from where it stands in its file."""
    return f"row-{line:05d}"


def read_table(
    path: Path, target: str, group: str = "", negative_class: str | None = None
) -> SourceTable:
    """A user's own CSV or Parquet file, checked for what training needs.

    Raises:
        ReadableError: no target was named, the file cannot be read, or a row has another number of
            cells, no class or no group.
    """
    if not target:
        raise ReadableError("A table needs its column of classes. Give --set target=COLUMN.")
    columns = [target, *([group] if group else [])]
    try:
        with path.open("rb") as stream:
            cells = checked_cells(stream, columns)
    except OSError as error:
        raise ReadableError(
            f"The table {path} cannot be opened ({error.strerror}). Give a CSV or Parquet file by "
            "--data."
        ) from None
    except UnreadableTable as error:
        raise type(error)(f"{path}: {error}") from None
    table = SourceTable(path.stem, cells, target, group, negative_class=negative_class)
    _check_rows(table, columns)
    return table


def _check_rows(table: SourceTable, columns: Sequence[str]) -> None:
    cells = table.cells
    for reason in cells.broken.values():
        raise UnreadableTable(reason)
    for column, texts in zip(columns, (table.targets, table.groups), strict=False):
        empty = next((i for i, text in enumerate(texts) if not text), None)
        if empty is not None:
            raise UnreadableTable(
                f"{cells.line_word} {cells.lines[empty]} has nothing in the column “{column}”. "
                "Every row that is trained on needs it: fill it in, or take the row out."
            )
