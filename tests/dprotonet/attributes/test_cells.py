import pytest

from dprotonet.attributes.cells import read_cells
from dprotonet.errors import UnreadableTable


def test_columns_are_read_from_the_first_line_by_the_delimiter_that_gives_most():
    cells = read_cells(b"sep=;\na; b;c,d\n1;2;3\n\n4;5;6\n", most=10)
    assert cells.columns == ("a", "b", "c,d")
    assert [record["b"] for record in cells.records] == ["2", "5"]
    assert cells.lines == (3, 5)
    assert cells.decimal_comma


def test_a_row_of_another_width_is_noted_and_kept_in_its_place():
    cells = read_cells(b"a,b\n1\n1,2\n", most=10)
    assert list(cells.broken) == [0]
    assert len(cells.records) == 2


def test_rows_are_counted_before_they_are_kept():
    with pytest.raises(UnreadableTable, match="more than 1 rows"):
        read_cells(b"a,b\n1,2\n3,4\n", most=1)
