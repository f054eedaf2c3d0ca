"""ZIP uploads, opened without trust.

No entry is ever written under its own name, so a path in it can do no harm; entries that carry one
which leaves the archive are refused nevertheless: an honest archive has none.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, BinaryIO, cast

from app.domain.cases import shown_name, shown_path
from app.domain.errors import Refused
from app.services.adapters.image_reader import ImageReader
from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.sniff import HEAD_BYTES

if TYPE_CHECKING:
    from dprotonet.images.isolated.archive import Listed, OpenArchive

MEBIBYTE = 1024 * 1024
BUFFER = 1 << 16  # bytes
STARTS = (b"PK\x03\x04", b"PK\x05\x06")
NESTED = (
    *STARTS,
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
)


@dataclass(frozen=True)
class ArchiveLimits:
    """How much an archive may unpack to."""

    entries: int = 2_000
    total_bytes: int = 1024 * MEBIBYTE
    file_bytes: int = 256 * MEBIBYTE
    ratio: float = 100.0
    """Bytes unpacked for each byte packed; images reach 30 where they are mostly black."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One file of an archive, or the sentence that says why it was left out."""

    name: str
    """The last part of its path, as it can be shown."""
    path: str
    """Where it lies in the archive, as it can be shown: tells equal names apart."""
    file: BinaryIO | None = None
    """Its bytes, to be read before the next entry is asked for. Reading raises Refused where the
    entry, or the archive as a whole, turns out not to be as it says."""
    problem: str = ""
    head: bytes = b""
    """Its first bytes, where there is a file."""


def is_archive(data: bytes | Path | HeldBytes) -> bool:
    """Does it begin as a ZIP file does? OSError where the path cannot be opened."""
    if isinstance(data, HeldBytes):
        return data.head(4).startswith(STARTS)
    if isinstance(data, Path):
        with data.open("rb") as file:
            return file.read(4).startswith(STARTS)
    return data.startswith(STARTS)


def extract(
    images: ImageReader, data: bytes | Path | HeldBytes, *, limits: ArchiveLimits | None = None
) -> Iterator[Entry]:
    """The files of a ZIP archive, one at a time, in sorted order of their paths.

    They are unpacked in a child process and come in chunks: neither the archive nor an entry is
    ever in this process's memory. Folders, hidden files and the shadow files of macOS are
    skipped. An archive inside, an encrypted entry or one of an unusual packing is an entry with a
    problem.

    Args:
        images: reads the archive in a child process.
        data: the archive's path or bytes.
        limits: how much it may unpack to.

    Raises:
        Refused: the archive is damaged, has paths outside itself, holds links, or unpacks to
            more than the limits; then none of it should be used.
        ReaderBusy: other archives are being read and took too long.
    """
    limits = limits or ArchiveLimits()
    try:
        packed = _size(data)
        with images.archive(data, most=limits.entries) as archive:
            for listed in _wanted(archive, limits, packed=packed):
                unpacked = _UnpackedEntry(archive, listed)
                yield _entry(unpacked, limits)
                if unpacked.refused is not None:
                    raise unpacked.refused
    except UnreadableImage as error:
        raise Refused("The ZIP file is damaged. Pack it again.") from error
    except OSError as error:
        raise Refused("The ZIP file cannot be opened. Upload it again.") from error


def _size(data: bytes | Path | HeldBytes) -> int:
    if isinstance(data, HeldBytes):
        return data.size
    return data.stat().st_size if isinstance(data, Path) else len(data)


def _wanted(archive: OpenArchive, limits: ArchiveLimits, *, packed: int) -> list[Listed]:
    if archive.count > limits.entries:
        raise Refused(
            f"The ZIP file holds {archive.count} entries; {limits.entries} are taken at once. "
            "Split it, or use a server folder."
        )
    for listed in archive.entries:
        _check_name(listed)
    total = sum(listed.size for listed in archive.entries)
    if total > limits.total_bytes:
        raise Refused(
            f"The ZIP file unpacks to {total / MEBIBYTE:.0f} MiB; "
            f"{limits.total_bytes // MEBIBYTE} MiB are taken at once. Split it, or use a server "
            "folder."
        )
    if total > limits.ratio * max(packed, 1024):
        raise Refused(
            "The ZIP file unpacks to far more than images and tables do, like a file made to do "
            "harm. Upload the files themselves."
        )
    files = [
        listed for listed in archive.entries if not listed.folder and not _is_shadow(listed.name)
    ]
    return sorted(files, key=lambda listed: listed.name)


def _check_name(listed: Listed) -> None:
    name = listed.name
    windows = PureWindowsPath(name)
    leaves = (
        name.startswith(("/", "\\"))
        or bool(windows.drive)
        or ".." in PurePosixPath(name).parts
        or ".." in windows.parts
        or "\x00" in name
    )
    if leaves:
        raise Refused("The ZIP file has paths outside itself. Pack the files again.")
    if stat.S_IFMT(listed.mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused("The ZIP file holds links or devices. Pack the files themselves.")


def _is_shadow(name: str) -> bool:
    parts = PureWindowsPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _entry(unpacked: _UnpackedEntry, limits: ArchiveLimits) -> Entry:
    listed = unpacked.listed
    path = shown_path(listed.name)
    name = shown_name(path)
    problem = ""
    if listed.problem == "encrypted":
        problem = "The entry is encrypted. Pack it without a password."
    elif listed.problem:
        problem = "The entry is packed in a way that is not known here. Pack it as usual (deflate)."
    elif listed.size > limits.file_bytes:
        problem = f"Larger than {limits.file_bytes // MEBIBYTE} MiB."
    if not problem:
        file = io.BufferedReader(unpacked, BUFFER)
        try:
            head = file.peek(HEAD_BYTES)[:HEAD_BYTES]
            if not head.startswith(NESTED):
                return Entry(name, path, cast(BinaryIO, file), head=head)
            problem = "An archive inside an archive is not opened. Unpack it first."
        except Refused as error:
            problem = str(error)
    return Entry(name, path, problem=problem)


class _UnpackedEntry(io.RawIOBase):
    """The bytes of one entry as a file that can be read once."""

    def __init__(self, archive: OpenArchive, listed: Listed) -> None:
        self.listed = listed
        self.refused: Refused | None = None
        """Why the whole archive cannot be used, as this entry showed while it was read."""
        self._chunks = archive.chunks(listed.index)
        self._rest = memoryview(b"")
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        room = memoryview(cast(bytearray, buffer)).cast("B")
        if not self._rest:
            self._rest = memoryview(self._next())
        count = min(len(room), len(self._rest))
        room[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _next(self) -> bytes | bytearray:
        from dprotonet.images.isolated.archive import DamagedEntry

        try:
            chunk = next(self._chunks, b"")
        except DamagedEntry as error:
            raise Refused(str(error)) from error
        except UnreadableImage as error:
            self.refused = Refused("The ZIP file is damaged. Pack it again.")
            raise self.refused from error
        # The size in the directory is a claim: what is counted is what comes out.
        self._size += len(chunk)
        if self._size > self.listed.size:
            self.refused = Refused("The ZIP file unpacks to more than it says. Pack it again.")
            raise self.refused
        return chunk
