import builtins
import math
from io import BytesIO
from pathlib import Path

import pytest

from dprotonet.tables import parquet
from dprotonet.tables.parquet import NoParquet, ParquetRows, parquet_notes, parquet_pieces

COLUMNS: dict[str, parquet.Kind] = {
    "name": "text",
    "frame": "integer",
    "p": "number",
    "well": "flag",
}
RECORDS = [
    {"name": f"n{n}", "frame": n, "p": n / 8, "well": n % 2 == 0, "other": "left out"}
    for n in range(7)
]


def written(records, **options) -> BytesIO:
    return BytesIO(b"".join(parquet_pieces(COLUMNS, records, **options)))


def test_rows_come_back_with_their_types():
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(written(RECORDS))

    assert [str(field.type) for field in table.schema] == ["string", "int64", "double", "bool"]
    assert table.to_pylist() == [{key: record[key] for key in COLUMNS} for record in RECORDS]


def test_each_row_group_is_a_piece_of_its_own():
    pieces = [piece for piece in parquet_pieces(COLUMNS, RECORDS, group_rows=3) if piece]

    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(BytesIO(b"".join(pieces)))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [3, 3, 1]
    assert pieces[0] == b"PAR1" and len(pieces) == 4  # the beginning, and one for each group
    assert list(parquet.parquet_rows(BytesIO(b"".join(pieces)), only=["frame"])) == [
        {"frame": n} for n in range(7)
    ]


def test_what_is_missing_or_no_number_is_null():
    rows = list(parquet.parquet_rows(written([{"name": None, "p": math.nan}, {"p": math.inf}])))

    assert rows == [dict.fromkeys(COLUMNS)] * 2


def test_a_name_that_is_no_text_shows_its_bytes():
    (row,) = parquet.parquet_rows(written([{"name": "a\udcff"}]))

    assert row["name"] == "a%FF"


def test_a_file_without_rows_has_its_columns_and_notes():
    empty = written([], notes={"model": "x"})

    assert list(parquet.parquet_rows(empty)) == []
    assert parquet_notes(empty)["model"] == "x"


def test_a_file_that_was_not_closed_is_refused():
    sink = BytesIO()
    rows = ParquetRows(sink, COLUMNS, group_rows=1)
    rows.row(RECORDS[0])

    for read in (lambda: list(parquet.parquet_rows(sink)), lambda: parquet_notes(sink)):
        with pytest.raises(ValueError, match="no whole Parquet file"):
            read()


def test_without_pyarrow_the_error_says_how_to_install_it(monkeypatch):
    usual = builtins.__import__

    def refuse(name, *rest, **more):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return usual(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(NoParquet, match="pip install pyarrow=="):
        ParquetRows(BytesIO(), COLUMNS)


def test_the_version_to_install_is_the_one_that_is_tested():
    pinned = Path(__file__).parents[3] / "requirements.txt"

    assert f"{parquet.MISSING.split()[-1]} \\" in pinned.read_text().splitlines()
