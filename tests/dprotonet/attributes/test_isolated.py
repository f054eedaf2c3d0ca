"""Rows of a table that nobody vouches for, read in a child process."""

from collections.abc import Iterator

import pytest

from dprotonet.attributes.isolated import read_rows_isolated
from dprotonet.attributes.reading import RowProblem
from dprotonet.attributes.table import Row
from dprotonet.errors import UnreadableTable
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.tables.parquet import parquet_pieces
from tests.dprotonet.row_bundle import CSV, small_table


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    with IsolatedReader() as opened:
        yield opened


def test_rows_come_as_they_are_with_their_line_and_group(reader: IsolatedReader) -> None:
    first, second, third = read_rows_isolated(reader, CSV.encode(), small_table())
    assert first == Row(small_table().names, (10.5, 14.0, "early", 0.1), 2, group="a")
    assert isinstance(second, Row) and second.missing == ("radius",) and second.group == "b"
    assert isinstance(third, Row) and third.target == "", "the class is not asked for"


def test_a_bad_row_comes_as_its_problem(reader: IsolatedReader) -> None:
    data = CSV.replace("10.5", "wide").encode()
    problem = read_rows_isolated(reader, data, small_table())[0]
    assert isinstance(problem, RowProblem)
    assert (problem.line, problem.column) == (2, "radius")


def test_parquet_is_read_in_the_child(reader: IsolatedReader) -> None:
    pytest.importorskip("pyarrow")
    columns = {"radius": "number", "texture": "number", "stage": "text", "smoothness": "number"}
    record = {"radius": 10.5, "texture": 14.0, "stage": "early", "smoothness": 0.1}
    data = b"".join(parquet_pieces(columns, [record]))  # type: ignore[arg-type]
    (row,) = read_rows_isolated(reader, data, small_table())
    assert isinstance(row, Row) and row.by_name() == record and row.line == 1


def test_what_is_no_table_says_so(reader: IsolatedReader) -> None:
    for data in (b"\x89PNG\r\n\x1a\n\0", b"a,b\n1,2\n", b"PAR1 and no more"):
        with pytest.raises(UnreadableTable):
            read_rows_isolated(reader, data, small_table())
