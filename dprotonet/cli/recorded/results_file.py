"""The file that a run's records go into, file by file, and from which a later run goes on.

``FILE.jsonl`` has the records of standard output, each with two keys more: ``run`` says which model
and options made it, and the last record of an image's file has ``last_of_file``. A Parquet file
cannot be read before its end is written, so the records of ``FILE.parquet`` wait in
``FILE.parquet.partial``, in the same form, until the run is over.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from dprotonet.atomic_files import write_whole
from dprotonet.cli.recorded.rows import Table
from dprotonet.cli.records import SKIPPED, json_text
from dprotonet.errors import WrongRequest
from dprotonet.images.file_names import encodable, path_bytes
from dprotonet.tables.parquet import ParquetRows, parquet_notes, parquet_rows

LINES, PARQUET = (".jsonl", ".ndjson"), ".parquet"
PARTIAL = ".partial"
_FIRST = b'{"path":'
"""How every record begins, and with it what a killed run may have left of one."""

Key = str
"""Tells files apart: the path, or its bytes where it is no text."""


def key_of(path: Path) -> Key:
    """The key of a file that is to be read."""
    return path_bytes(path) or encodable(str(path))


class ResultsFile:
    """A file of records, open for adding; one process at a time has it.

    Args:
        path: ends with .jsonl, .ndjson or .parquet.
        run: a digest of what the records are made with.
        table: the rows of a Parquet file.
        notes: texts of a Parquet file's own metadata.

    Raises:
        WrongRequest: the name has another ending; what is there is no file of records, or one of
            another run; another process writes to it; it cannot be written.
    """

    def __init__(self, path: Path, *, run: str, table: Table, notes: Mapping[str, str]) -> None:
        if not path.name.endswith((*LINES, PARQUET)):
            raise WrongRequest(
                f"The name of {path} says no format: end it with .jsonl or .parquet."
            )
        self.path = path
        self._run, self._table, self._notes = run, table, notes
        self._is_parquet = path.name.endswith(PARQUET)
        self._lines = path.with_name(path.name + PARTIAL) if self._is_parquet else path
        self._done: set[Key] = set()
        self.has_errors = False
        """Could an image not be read, in this run or in one before?"""
        try:
            if self._is_parquet and path.exists():
                self._done |= self._finished()
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._lines.open("a+b")
            _lock(self._stream, path)
            self._take_up()
        except OSError as error:
            raise WrongRequest(f"{path} cannot be written ({error.strerror}).") from None

    def __len__(self) -> int:
        """Image files whose records are there."""
        return len(self._done)

    def has(self, path: Path) -> bool:
        """Are the records of this image file there?"""
        return key_of(path) in self._done

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add all records of one image file, in one piece.

        Raises:
            WrongRequest: the disk is full, or the file cannot be written any more.
        """
        if not records:
            return
        last = len(records) - 1
        lines = [
            json_text({**one, "run": self._run, **({"last_of_file": True} if n == last else {})})
            for n, one in enumerate(records)
        ]
        try:
            self._stream.write(("\n".join(lines) + "\n").encode("ascii"))
            self._stream.flush()
        except OSError as error:
            raise WrongRequest(
                f"{self.path} cannot be written any more ({error.strerror}). Make room, then give "
                "the same command again: it goes on."
            ) from None
        self._done.add(_key(records[0]))

    def finish(self) -> None:
        """Write the Parquet file: the rows that it had and the new ones, whole or not at all.

        Raises:
            WrongRequest: it cannot be written.
            NoParquet: pyarrow is not installed.
        """
        if not self._is_parquet:
            return
        try:
            write_whole(self.path, self._write)
            self._lines.unlink()
        except OSError as error:
            raise WrongRequest(f"{self.path} cannot be written ({error.strerror}).") from None

    def close(self) -> None:
        """Let another process have the file."""
        with contextlib.suppress(OSError):
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, stream: BinaryIO) -> None:
        rows = ParquetRows(stream, self._table.columns, notes={**self._notes, "run": self._run})
        old: set[Key] = set()
        if self.path.exists():
            old = self._finished()
            with self.path.open("rb") as source:
                for row in parquet_rows(source):
                    rows.row(row)
        self._stream.seek(0)
        for line in self._stream:
            record = json.loads(line)
            # Killed between the Parquet file and the removal of its lines: they are in both.
            if _key(record) not in old:
                rows.row(self._table.row(record))
        rows.close()

    def _finished(self) -> set[Key]:
        """Which image files a Parquet file of an earlier run has."""
        try:
            with self.path.open("rb") as source:
                run = parquet_notes(source).get("run")
            if run != self._run:
                raise self._of_another_run() if run else self._foreign(self.path)
            with self.path.open("rb") as source:
                done = set()
                for row in parquet_rows(source, only=["path", "path_bytes", "error"]):
                    done.add(_key(row))
                    self.has_errors |= not (row["error"] or SKIPPED).startswith(SKIPPED)
                return done
        except ValueError:
            raise self._foreign(self.path) from None

    def _take_up(self) -> None:
        """Find what is done, and cut off what a killed run left half-written."""
        whole = end = 0  # bytes: to the end of the last image file's records, and of the last line
        self._stream.seek(0)
        for line in self._stream:
            if not line.endswith(b"\n"):
                if not (line.startswith(_FIRST) or _FIRST.startswith(line)):
                    raise self._foreign(self._lines)
                break
            end += len(line)
            record = self._record(line)
            self.has_errors |= "error" in record
            if record.get("last_of_file"):
                whole = end
                self._done.add(_key(record))
        self._stream.truncate(whole)
        self._stream.seek(0, os.SEEK_END)

    def _record(self, line: bytes) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError:
            raise self._foreign(self._lines) from None
        if not (isinstance(record, dict) and isinstance(record.get("path"), str)):
            raise self._foreign(self._lines)
        if "run" not in record:
            raise self._foreign(self._lines)
        if record["run"] != self._run:
            raise self._of_another_run()
        return record

    def _foreign(self, path: Path) -> WrongRequest:
        return WrongRequest(
            f"{path} is there and holds something else than records of this command: name another "
            "file."
        )

    def _of_another_run(self) -> WrongRequest:
        return WrongRequest(
            f"{self.path} has records of another model or of other options: name another file."
        )


def _key(record: Mapping[str, Any]) -> Key:
    return str(record.get("path_bytes") or encodable(str(record["path"])))


def _lock(stream: BinaryIO, path: Path) -> None:
    """Hold the file until it is closed, where the system can say that somebody does."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WrongRequest(f"Another process writes to {path}: wait for it.") from None
