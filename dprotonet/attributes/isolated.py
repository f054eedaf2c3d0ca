"""Rows of a file that nobody vouches for: it is read in a child process with limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dprotonet.attributes.reading import RowProblem, read_rows
from dprotonet.attributes.table import AttributeTable, Row
from dprotonet.errors import UnreadableImage, UnreadableTable, WrongRequest
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.source import Source

if TYPE_CHECKING:
    from dprotonet.images.isolated.child import Request


def read_rows_isolated(
    reader: IsolatedReader, source: Source, table: AttributeTable
) -> tuple[Row | RowProblem, ...]:
    """As :func:`~dprotonet.attributes.reading.read_rows`, but for the class of each row, which is
    not asked for.

    Args:
        reader: lends a child.
        source: the file.
        table: of the model.

    Raises:
        UnreadableTable: as there; or the child crashed or went over a limit.
        ReaderBusy: no child became free in time.
    """
    try:
        answer, _ = reader.ask("rows", source, table=table.to_json())
        return tuple(_row(found, table) for found in answer["rows"])
    except UnreadableImage as error:
        raise UnreadableTable(str(error)) from None
    except (KeyError, TypeError, ValueError, WrongRequest):
        raise UnreadableTable(
            "Reading this table stopped its reader: it is damaged. Save it as CSV in UTF-8."
        ) from None


def answer_rows(request: Request) -> None:
    """The child's side: the rows of the request's file.

    Raises:
        UnreadableImage: it is no table; the sentence says why.
    """
    table = AttributeTable.from_json(request.header["table"])
    try:
        with request.stream as stream:
            found = read_rows(stream, table)
    except UnreadableTable as error:
        raise UnreadableImage(str(error)) from None
    request.answer({"rows": [_message(row) for row in found]})


def _message(found: Row | RowProblem) -> list[Any]:
    if isinstance(found, RowProblem):
        return [found.line, found.column, found.reason]
    return [found.line, list(found.values), found.group, True]


def _row(found: list[Any], table: AttributeTable) -> Row | RowProblem:
    if len(found) == 3:
        line, column, reason = found
        return RowProblem(int(line), str(column), str(reason))
    line, values, group, _ = found
    checked = table.row(dict(zip(table.names, values, strict=True)), line=int(line))
    return Row(checked.names, checked.values, checked.line, group=str(group))
