"""Which pages of a TIFF are images: its chain of directories, walked before anything is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dprotonet.errors import UnreadableImage
from dprotonet.images.limits import Limits

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _SUB_DIRECTORIES = 254, 255, 330
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType, TIFF 6 section 8
_OLD_REDUCED = 2  # SubfileType
_MOST_ENTRIES = 4096  # of one directory; the standard has about 80 tags
_MOST_SUB_DIRECTORIES = 64  # of one page that are looked at
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}  # bytes of the types that are read here
_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True)
class Directory:
    """One page of a TIFF, as its directory describes it."""

    offset: int  # bytes from the start of the file
    number: int  # in the chain, from 0; -1 below another page
    reduced: bool  # a smaller copy of another page
    mask: bool  # says which pixels of another page count
    below: tuple[int, ...]  # offsets of its sub-directories


def image_directories(stream: BinaryIO, size: int, limits: Limits) -> list[Directory]:
    """The pages that are images: smaller copies and masks of others are left out.

    Args:
        stream: a seekable TIFF or BigTIFF.
        size: of the file, bytes.
        limits: ``limits.frames`` pages are walked at most.

    Raises:
        UnreadableImage: no page is there, there are too many, or the chain is damaged.
    """
    layout = _layout(stream)
    chain = list(_chain(stream, size, layout, limits))
    whole = [page for page in chain if not (page.reduced or page.mask)]
    if not whole:  # a thumbnail may come first, with the image itself below it
        below = [at for page in chain for at in page.below]
        pages = [_directory(stream, size, layout, at, -1)[0] for at in below]
        whole = [page for page in pages if not (page.reduced or page.mask)]
    return whole or chain[:1]


@dataclass(frozen=True)
class _Layout:
    order: str  # "<" or ">"
    count: str  # format of the number of entries
    offset: str  # format of an offset
    entry: int  # bytes of one entry
    first: int  # where the offset of the first directory stands

    def unpack(self, form: str, data: bytes) -> int:
        return int(struct.unpack(self.order + form, data)[0])


def _layout(stream: BinaryIO) -> _Layout:
    stream.seek(0)
    head = stream.read(8)
    order = "<" if head[:2] == b"II" else ">"
    if 43 in (head[2], head[3]):
        return _Layout(order, "Q", "Q", 20, 8)
    return _Layout(order, "H", "I", 12, 4)


def _chain(stream: BinaryIO, size: int, layout: _Layout, limits: Limits) -> Iterator[Directory]:
    stream.seek(layout.first)
    at = layout.unpack(layout.offset, stream.read(struct.calcsize(layout.offset)))
    if at == 0:
        raise UnreadableImage("This TIFF file holds no image. Export it again.")
    visited: set[int] = set()
    while at:
        if at in visited:
            raise UnreadableImage(
                "The pages of this TIFF file lead back to one another: it is damaged. Export it"
                " again."
            )
        if len(visited) >= limits.frames:
            raise UnreadableImage(
                f"This TIFF file has more than {limits.frames:,} pages, which is more than is read."
                " Export fewer pages to a file."
            )
        visited.add(at)
        page, at = _directory(stream, size, layout, at, len(visited) - 1)
        yield page


def _directory(
    stream: BinaryIO, size: int, layout: _Layout, at: int, number: int
) -> tuple[Directory, int]:
    """The directory at an offset, and the offset of the next one; 0 behind the last."""
    count_bytes, offset_bytes = struct.calcsize(layout.count), struct.calcsize(layout.offset)
    if not 8 <= at <= size - count_bytes:
        raise _damaged()
    stream.seek(at)
    entries = layout.unpack(layout.count, stream.read(count_bytes))
    if not 1 <= entries <= _MOST_ENTRIES:
        raise _damaged()
    data = stream.read(entries * layout.entry + offset_bytes)
    if len(data) < entries * layout.entry:
        raise _damaged()
    # Some writers end the file where the last offset, a zero, should stand.
    ending = data[entries * layout.entry :]
    following = layout.unpack(layout.offset, ending) if len(ending) == offset_bytes else 0
    most_values = {_NEW_SUBFILE_TYPE: 1, _SUBFILE_TYPE: 1, _SUB_DIRECTORIES: _MOST_SUB_DIRECTORIES}
    values: dict[int, tuple[int, ...]] = {}
    for start in range(0, entries * layout.entry, layout.entry):
        entry = data[start : start + layout.entry]
        code = layout.unpack("H", entry[:2])
        if code in most_values:
            values[code] = _values(stream, layout, entry, most_values[code])
    kind = (values.get(_NEW_SUBFILE_TYPE) or (0,))[0]
    old = (values.get(_SUBFILE_TYPE) or (0,))[0]
    reduced = bool(kind & _REDUCED) or old == _OLD_REDUCED
    below = values.get(_SUB_DIRECTORIES, ())
    return Directory(at, number, reduced, bool(kind & _MASK), below), following


def _values(stream: BinaryIO, layout: _Layout, entry: bytes, most: int) -> tuple[int, ...]:
    """Up to ``most`` whole numbers of an entry; none where it is of another type."""
    kind = layout.unpack("H", entry[2:4])
    if kind not in _SIZES:
        return ()
    width = struct.calcsize(layout.offset)
    stated = layout.unpack(layout.offset, entry[4 : 4 + width])
    count = min(stated, most)
    data = entry[4 + width :]
    if stated * _SIZES[kind] > len(data):
        stream.seek(layout.unpack(layout.offset, data))
        data = stream.read(count * _SIZES[kind])
    count = min(count, len(data) // _SIZES[kind])
    return struct.unpack(f"{layout.order}{count}{_CODES[kind]}", data[: count * _SIZES[kind]])


def _damaged() -> UnreadableImage:
    return UnreadableImage(
        "The list of pages of this TIFF file is damaged. Copy or export it again."
    )
