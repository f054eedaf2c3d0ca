"""ZIP uploads, opened without trust.

No entry is ever written under its own name, so a path in it can do no harm; entries that carry one
which leaves the archive are refused all the same, because such an archive is not an honest one.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath

from app.domain.cases import shown_name
from app.domain.errors import Refused

MEBIBYTE = 1024 * 1024
CHUNK = 1 << 20  # bytes
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
    """How much an archive may unfold to."""

    entries: int = 2_000
    total_bytes: int = 1024 * MEBIBYTE
    file_bytes: int = 256 * MEBIBYTE
    ratio: float = 100.0
    """Bytes unfolded for each byte packed; films reach 30 where they are mostly black."""


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its bytes, or the sentence that says why it was left out."""

    name: str
    data: bytes = b""
    problem: str = ""
    path: str = ""
    """In the archive, as it stands there: to be shown, never to be written to."""


def is_archive(data: bytes) -> bool:
    """Does it begin as a ZIP file does?"""
    return data.startswith(STARTS)


def extract(data: bytes, *, limits: ArchiveLimits | None = None) -> Iterator[Entry]:
    """The files of a ZIP archive, one at a time, in sorted order of their names.

    Folders, hidden files and the shadow files of macOS are passed over. An archive inside, an
    encrypted entry or one of an unknown packing is an entry with a problem.

    Raises:
        Refused: the archive is damaged, names places outside itself, holds links, or unfolds to
            more than the limits; then none of it should be used.
    """
    limits = limits or ArchiveLimits()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            wanted = _wanted(archive, limits, packed=len(data))
            left = limits.total_bytes
            for info in wanted:
                entry = _unfold(archive, info, min(left, limits.file_bytes), limits)
                entry = replace(entry, path=info.filename)
                left -= len(entry.data)
                yield entry
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError) as error:
        raise Refused("The ZIP file is damaged. Pack it again.") from error


def _wanted(
    archive: zipfile.ZipFile, limits: ArchiveLimits, *, packed: int
) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise Refused(
            f"The ZIP file holds {len(infos)} entries; {limits.entries} are taken at once. "
            "Split it, or use a server folder."
        )
    for info in infos:
        _check_name(info)
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise Refused(
            f"The ZIP file unfolds to {total / MEBIBYTE:.0f} MiB; "
            f"{limits.total_bytes // MEBIBYTE} MiB are taken at once. Split it, or use a server "
            "folder."
        )
    if total > limits.ratio * max(packed, 1024):
        raise Refused(
            "The ZIP file unfolds to far more than images do, as one made to do harm. "
            "Upload the films themselves."
        )
    files = [info for info in infos if not info.is_dir() and not _is_shadow(info.filename)]
    return sorted(files, key=lambda info: info.filename)


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.filename
    windows = PureWindowsPath(name)
    leaves = (
        name.startswith(("/", "\\"))
        or bool(windows.drive)
        or ".." in PurePosixPath(name).parts
        or ".." in windows.parts
        or "\x00" in name
    )
    if leaves:
        raise Refused("The ZIP file names places outside itself. Pack the films again.")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused("The ZIP file holds links or devices. Pack the films themselves.")


def _is_shadow(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _unfold(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, limits: ArchiveLimits
) -> Entry:
    name = shown_name(info.filename)
    if info.flag_bits & 0x1:
        return Entry(name, problem="The entry is encrypted. Pack it without a password.")
    if info.file_size > limits.file_bytes:
        return Entry(name, problem=f"Larger than {limits.file_bytes // MEBIBYTE} MiB.")
    out = bytearray()
    try:
        with archive.open(info) as file:
            # The size in the directory is a claim: what is counted is what comes out.
            while chunk := file.read(CHUNK):
                out += chunk
                if len(out) > min(most, info.file_size):
                    raise Refused("The ZIP file unfolds to more than it says. Pack it again.")
    except NotImplementedError:
        return Entry(name, problem="The entry is packed in a way that is not known here.")
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return Entry(name, problem="The entry is damaged inside the ZIP file. Pack it again.")
    if bytes(out[:6]).startswith(NESTED):
        return Entry(name, problem="An archive inside an archive is not opened. Unpack it first.")
    return Entry(name, bytes(out))
