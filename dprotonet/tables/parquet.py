"""Parquet files written row group by row group, with a type for each column.

A Parquet file ends with the list of its row groups (Apache Parquet format, "File format"): one that
was not closed cannot be read, so whoever writes it into a file does so whole or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Literal

from dprotonet.errors import ReadableError
from dprotonet.images.file_names import encodable
from dprotonet.tables.pieces import Pieces

Kind = Literal["text", "integer", "number", "flag"]
"""What a column holds: UTF-8, int64, float64 or true and false; all of them may be null."""

GROUP_ROWS = 5000
"""Rows of a row group, which are held in memory until it is written."""

MISSING = "Parquet files need pyarrow. Install it: python -m pip install pyarrow==26.0.1"


class NoParquet(ReadableError):
    """pyarrow is not installed."""


class ParquetRows:
    """A Parquet file on its way; it ends with :meth:`close`.

    Args:
        stream: to write to, from its beginning to its end; it stays open.
        columns: name and kind of each, in order.
        notes: texts of the file's own metadata.
        group_rows: rows of a row group.

    Raises:
        NoParquet: pyarrow is not installed.
    """

    def __init__(
        self,
        stream: BinaryIO | Pieces,
        columns: Mapping[str, Kind],
        *,
        notes: Mapping[str, str] | None = None,
        group_rows: int = GROUP_ROWS,
    ) -> None:
        arrow, parquet = _pyarrow()
        types = {
            "text": arrow.string(),
            "integer": arrow.int64(),
            "number": arrow.float64(),
            "flag": arrow.bool_(),
        }
        fields = [arrow.field(encodable(name), types[kind]) for name, kind in columns.items()]
        self._columns = dict(columns)
        self._schema = arrow.schema(fields, metadata=dict(notes or {}))
        self._writer = parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._arrow = arrow
        self._group_rows = group_rows
        self._rows: list[tuple[object, ...]] = []

    def row(self, record: Mapping[str, object]) -> None:
        """Write one row; a record's other keys are left out, and what is missing is null."""
        self._rows.append(tuple(_plain(record.get(name)) for name in self._columns))
        if len(self._rows) >= self._group_rows:
            self._write_group()

    def close(self) -> None:
        """Write what is left, and the file's end."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [
            self._arrow.array(list(values), type=field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        table = self._arrow.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=self._group_rows)
        self._rows.clear()


def parquet_pieces(
    columns: Mapping[str, Kind],
    records: Iterable[Mapping[str, object]],
    *,
    notes: Mapping[str, str] | None = None,
    group_rows: int = GROUP_ROWS,
) -> Iterator[bytes]:
    """A Parquet file in pieces, one for each row group, of records as they come.

    Args:
        columns: name and kind of each, in order.
        records: one a row.
        notes: texts of the file's own metadata.
        group_rows: rows of a row group.

    Raises:
        NoParquet: pyarrow is not installed.
    """
    sink = Pieces()
    rows = ParquetRows(sink, columns, notes=notes, group_rows=group_rows)
    for record in records:
        rows.row(record)
        if sink.size:
            yield sink.take()
    rows.close()
    yield sink.take()


def parquet_rows(
    source: BinaryIO, *, only: Iterable[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, some of a row group in memory at a time. No thread is started, so
    that a child process that may start none can read it.

    Args:
        source: the file, open for reading.
        only: columns to read; all of them when left out.

    Raises:
        ValueError: this is no Parquet file, or it is damaged.
        NoParquet: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(source, pre_buffer=False)
        columns = None if only is None else list(only)
        for batch in file.iter_batches(columns=columns, use_threads=False):
            yield from batch.to_pylist()
    except (arrow.ArrowException, OSError) as error:
        raise ValueError(f"no whole Parquet file: {error}") from error


def parquet_notes(source: BinaryIO) -> dict[str, str]:
    """The texts of a Parquet file's own metadata; raises as :func:`parquet_rows`."""
    arrow, parquet = _pyarrow()
    try:
        found = parquet.read_schema(source).metadata or {}
    except (arrow.ArrowException, OSError) as error:
        raise ValueError(f"no whole Parquet file: {error}") from error
    return {key.decode(): value.decode() for key, value in found.items()}


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return encodable(value) if isinstance(value, str) else value


def _pyarrow() -> tuple[Any, Any]:
    """pyarrow takes a quarter of a second to import: only where it is used."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise NoParquet(MISSING) from None
    return pyarrow, pyarrow.parquet
