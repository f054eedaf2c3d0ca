from io import BytesIO

import pytest

from dprotonet.attributes.reading import RowProblem, read_rows, read_rows_of, text_of
from dprotonet.attributes.table import Row
from dprotonet.errors import UnreadableTable
from dprotonet.tables.parquet import parquet_pieces
from tests.dprotonet.row_bundle import CSV, small_table


def read(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return read_rows(BytesIO(data), small_table(), **options)


def test_rows_come_in_order_with_line_class_and_group():
    first, second, third = read(CSV)
    assert first.values == (10.5, 14.0, "early", 0.1)
    assert (first.line, first.target, first.group) == (2, "benign", "a")
    assert second.values[0] is None
    assert third.group == "b"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_write_is_the_same_rows(delimiter, encoding):
    again = read(CSV.replace(",", delimiter).encode(encoding))
    assert [row.sha256 for row in again] == [row.sha256 for row in read(CSV)]


def test_with_semicolons_numbers_may_have_a_comma():
    rows = read(CSV.replace(",", ";").replace(".", ","))
    assert [row.sha256 for row in rows] == [row.sha256 for row in read(CSV)]


def test_a_parquet_file_is_the_same_rows_as_its_csv():
    kinds = {"radius": "number", "texture": "integer", "stage": "text", "smoothness": "number"}
    records = [dict(zip(row.names, row.values, strict=True)) for row in read(CSV)]
    rows = read(b"".join(parquet_pieces(kinds, records)))
    assert [row.sha256 for row in rows] == [row.sha256 for row in read(CSV)]
    assert [row.line for row in rows] == [1, 2, 3]


def test_a_wrong_cell_names_line_and_column_and_leaves_the_other_rows():
    wrong = CSV.replace("21,late", "Miller,late").replace("middle", "unheard")
    first, second, third = read(wrong)
    assert isinstance(first, Row)
    assert (second.line, second.column) == (3, "texture")
    assert second.reason.startswith("Line 3, column “texture”: the cell holds text where a number")
    assert "Miller" not in second.reason
    assert third.column == "stage"
    assert "unheard" not in third.reason


def test_a_row_with_a_cell_too_many_is_a_problem_of_that_row():
    _, second, _ = read(CSV.replace("21,late", "21,extra,late"))
    assert isinstance(second, RowProblem)
    assert "Line 3 has 7 cells, the first line names 6" in second.reason


def test_a_line_behind_quoted_line_breaks_is_still_counted():
    rows = read(CSV.replace("a,10.5", '"a\nb",10.5').replace("21,late", "x,late"))
    assert rows[1].line == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("patient\na\n", "no column “radius” and 3 more"),
        ("radius,texture,stage\n1,2,early\n", "no column “smoothness”"),
        ("radius,radius,texture,stage,smoothness\n1,1,2,early,3\n", "two columns “radius”"),
        ("radius,texture,stage,smoothness\n", "no row below"),
        ("radius,texture,stage,smoothness\n\n,\n", "no row below"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no table"),
        (b"PAR1 and then nothing", "damaged"),
        ('radius,texture,stage,smoothness\n"' + "1" * 200_000 + '"', "Line 2"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(text, says):
    with pytest.raises(UnreadableTable, match=says):
        read(text)


def test_more_rows_than_are_read_are_refused():
    with pytest.raises(UnreadableTable, match=r"more than 2 rows\. Divide it"):
        read(CSV, most=2)
    assert len(read(CSV, most=3)) == 3


def test_a_class_may_be_called_none_and_a_whole_number_is_one_however_it_is_written():
    assert [text_of(cell) for cell in ("none", " 1 ", 1, 1.0, None, float("nan"))] == [
        "none",
        "1",
        "1",
        "1",
        "",
        "",
    ]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnreadableTable, match="cannot be opened"):
        read_rows_of(tmp_path / "rows.csv", small_table())
    (tmp_path / "rows.csv").write_text(CSV)
    assert len(read_rows_of(tmp_path / "rows.csv", small_table())) == 3
