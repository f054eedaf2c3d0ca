"""``rows.jsonl``: what a run has finished, one JSON object a line, so that a kill loses nothing.

A comparison's row is one training, a benchmark's is one image; each line names its row by ``key``.
While a run is in progress lines are only appended. A later line replaces an earlier one of the same
key, and a last line that a kill cut off is dropped. When the run is finished the file is rewritten
with one line for each key. One process writes; others may read meanwhile.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from dprotonet.atomic_files import write_whole
from dprotonet.errors import ReadableError

FILE = "rows.jsonl"
_KEY = "key"
_OLD = "rows"  # Earlier versions wrote ``rows/KEY.json``, one file for each row.


class RowFile:
    """The rows of the run in one folder.

    Opening it changes nothing on disk. The JSON files of earlier versions are read as well;
    :meth:`compact` packs them.

    Attributes:
        rows: by key, without the key itself; where a key has several lines, the last one.

    Raises:
        ReadableError: a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._file, self._old_folder = folder / FILE, folder / _OLD
        self._old = sorted((*self._old_folder.glob("*.json"), *self._old_folder.glob("*/*.json")))
        self.rows: dict[str, dict[str, Any]] = {}
        for path in self._old:
            key = path.relative_to(self._old_folder).with_suffix("").as_posix()
            self.rows[key] = _parsed(path.read_bytes(), str(path), needs=())
        self._keys: list[str] = []  # of the lines in the file, in their order
        content = self._file.read_bytes() if self._file.is_file() else b""
        self._size = len(content)
        self._whole = 0  # bytes up to the end of the last line that is not cut off
        self._read(content)

    def append(self, key: str, row: Mapping[str, Any]) -> None:
        """Add a row, or the newer state of one; it is on disk when this returns.

        Args:
            key: names the row; unique in the folder.
            row: plain values, without "key".

        Raises:
            ReadableError: another run has written into the file since this one opened it.
        """
        line = _line(key, row)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with open(self._file, "ab") as stream:
            self._refuse_others(os.fstat(stream.fileno()).st_size)
            stream.truncate(self._whole)
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        self._size = self._whole = self._whole + len(line)
        self._keys.append(key)
        self.rows[key] = dict(row)

    def compact(self, order: Iterable[str]) -> None:
        """Rewrite the file with one line a key, whole or not at all.

        Args:
            order: of the keys; rows of other keys follow, sorted.

        Raises:
            ReadableError: another run has written into the file since this one opened it.
        """
        keys = [key for key in dict.fromkeys(order) if key in self.rows]
        keys += sorted(self.rows.keys() - set(keys))
        self._refuse_others(self._file.stat().st_size if self._file.is_file() else 0)
        if keys != self._keys or self._size != self._whole:

            def write(stream: BinaryIO) -> None:
                stream.writelines(_line(key, self.rows[key]) for key in keys)

            write_whole(self._file, write, to_disk=True)
            self._size = self._whole = self._file.stat().st_size
            self._keys = keys
        self._remove_old()

    def _read(self, content: bytes) -> None:
        *lines, rest = content.split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                row = _parsed(line, f"Line {number} of {self._file}")
            except ReadableError:
                # After a power cut the end of a line may be there and its middle not.
                if number == len(lines) and not rest:
                    break
                raise
            self._keys.append(row.pop(_KEY))
            self.rows[self._keys[-1]] = row
            self._whole += len(line) + 1

    def _refuse_others(self, size: int) -> None:
        if size != self._size:
            raise ReadableError(
                f"Another run is writing into {self._file}. Wait until it has ended, then give "
                "this command again."
            )

    def _remove_old(self) -> None:
        """Remove the files whose rows now stand in ``rows.jsonl``, and the folders left empty."""
        for path in self._old:
            path.unlink(missing_ok=True)
        for folder in (*{path.parent for path in self._old}, self._old_folder):
            with suppress(OSError):
                folder.rmdir()
        self._old = []


def _line(key: str, row: Mapping[str, Any]) -> bytes:
    if _KEY in row:
        raise ValueError(f"a row names itself {_KEY!r}")
    text = json.dumps({_KEY: key, **row}, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode()


def _parsed(content: bytes, where: str, needs: Iterable[str] = (_KEY,)) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(content)
        if not isinstance(row, dict) or not row.keys() >= set(needs):
            raise ValueError(f"no object with {needs}")
    except ValueError as error:
        raise ReadableError(
            f"{where} is damaged. Delete it and give the command again: what it held is computed "
            "again."
        ) from error
    return row
