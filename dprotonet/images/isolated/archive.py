"""ZIP files that nobody vouches for, unpacked in a child process and handed over in chunks.

This process never inflates a byte; of an archive that is a path it reads none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.archive_child import CHUNK
from dprotonet.images.isolated.child_process import Child
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.isolated.messages import BrokenMessage
from dprotonet.images.isolated.reader import IsolatedReader

_DAMAGED = "The ZIP file is damaged. Pack it again."


class DamagedEntry(UnreadableImage):
    """One entry cannot be unpacked; the others may be well."""


@dataclass(frozen=True)
class Listed:
    """What an archive says of one of its entries: a claim."""

    index: int
    name: str
    size: int  # bytes
    packed: int  # bytes
    folder: bool
    mode: int  # of Unix, 0 where there is none
    problem: str  # "", "encrypted" or "packing": in a way other than stored or deflated


class OpenArchive:
    """An archive in a child process, until its ``with`` ends."""

    def __init__(self, child: Child, source: Path | bytes | HeldBytes, most: int) -> None:
        self._child = child
        self._closed = False
        header: dict[str, Any] = {"what": "unpack", "most": most}
        parts: list[Any] = []
        if isinstance(source, Path):
            header["path"] = str(source.absolute())
            size = source.stat().st_size
        else:
            parts.append(source)
            size = source.size if isinstance(source, HeldBytes) else len(source)
        answer, _ = child.ask(header, parts, file_bytes=size)
        self._pid = child.pid
        if "error" in answer:
            raise UnreadableImage(_DAMAGED)
        try:
            self.count = int(answer["count"])
            rows = answer["entries"]
            self.entries = tuple(_listed(index, row) for index, row in enumerate(rows))
        except (KeyError, TypeError, ValueError) as error:
            child.end()
            raise UnreadableImage(_DAMAGED) from error

    def chunks(self, index: int) -> Iterator[bytearray]:
        """The bytes of an entry, ``CHUNK`` at most at once; one entry at a time.

        Raises:
            DamagedEntry: the entry is damaged.
            UnreadableImage: the child crashed or went over a limit; nothing more can be had.
            ValueError: the archive is closed.
        """
        entry: int | None = index
        while True:
            if self._closed:  # the child may answer somebody else now
                raise ValueError("an entry is read after its archive was closed")
            if self._child.pid != self._pid:
                raise UnreadableImage(_DAMAGED)
            answer, parts = self._child.ask({"entry": entry})
            if "error" in answer:
                raise DamagedEntry("The entry is damaged inside the ZIP file. Pack it again.")
            if len(parts) != 1 or len(parts[0]) > CHUNK:
                self._child.end()
                raise UnreadableImage(_DAMAGED) from BrokenMessage("no chunk")
            if not parts[0]:
                return
            yield parts[0]
            entry = None

    def close(self) -> None:
        """Let the child take other requests."""
        self._closed = True
        if self._child.pid == self._pid:
            with suppress(UnreadableImage):  # all that was wanted has come; the child ends
                self._child.ask({"end": True})


@contextmanager
def open_archive(
    reader: IsolatedReader, source: Path | bytes | HeldBytes, *, most: int
) -> Iterator[OpenArchive]:
    """Open a ZIP file in a child of ``reader``, which is busy until the ``with`` ends.

    Args:
        reader: lends a child; best one that reads no images meanwhile.
        source: the archive's path or bytes; held bytes lie whole in the child's memory.
        most: entries; of an archive with more, only the ``count`` is known.

    Raises:
        UnreadableImage: the archive is damaged, or the child crashed or went over a limit.
        ReaderBusy: no child became free in time.
    """
    with reader.child() as child:
        archive = OpenArchive(child, source, most)
        try:
            yield archive
        finally:
            archive.close()


def _listed(index: int, row: list[Any]) -> Listed:
    name, size, packed, folder, mode, problem = row
    return Listed(index, str(name), int(size), int(packed), bool(folder), int(mode), str(problem))
