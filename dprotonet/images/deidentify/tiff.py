"""A TIFF without all but its pictures: every byte that no picture needs becomes zero in place."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from dprotonet.errors import UnreadableImage
from dprotonet.images.deidentify.markers import blanked
from dprotonet.images.limits import Limits
from dprotonet.images.tiff.directory import image_directories

# What decoding and showing need (TIFF 6): sizes, packing, colours, orientation, resolution, where
# the pixels lie. No text, no makers' tags, no EXIF, no sub-directories.
_KEPT = {
    254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 292,
    293, 296, 317, 318, 319, 320, 322, 323, 324, 325, 332, 334, 338, 339, 340, 341, 347, 512, 513,
    514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 42113,
}  # fmt: skip
_OFFSETS, _COUNTS = (273, 324), (279, 325)
_TABLES, _NO_DATA = 347, 42113
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_WHOLE = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_ASCII = 2
_DAMAGED = "The list of pages of this TIFF file is damaged. Copy or export it again."


@dataclass(frozen=True)
class _Entry:
    raw: bytes
    tag: int
    kind: int
    count: int
    at: int  # of its value


class _Copy:
    """The file being written: zeros, and what was brought over."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.out = bytearray(len(data))
        self.order = "<" if data[:2] == b"II" else ">"
        self.is_big = 43 in (data[2], data[3])
        self.number, self.offset = ("Q", "Q") if self.is_big else ("H", "I")
        self.entry = 20 if self.is_big else 12

    def bring(self, at: int, size: int) -> None:
        self.out[at : at + size] = self.data[at : at + size]

    def read(self, form: str, at: int) -> int:
        size = struct.calcsize(form)
        if not 0 <= at <= len(self.data) - size:
            raise UnreadableImage(_DAMAGED)
        return int(struct.unpack(self.order + form, self.data[at : at + size])[0])


def deidentified_tiff(data: bytes, limits: Limits) -> bytes:
    """The file with its pictures alone; nothing moves.

    Args:
        data: a TIFF or BigTIFF.
        limits: how many pages are walked at most.

    Raises:
        UnreadableImage: its directories are damaged.
    """
    copy = _Copy(data)
    pages = image_directories(io.BytesIO(data), len(data), limits)
    copy.bring(0, 8 if copy.is_big else 4)
    place = 8 if copy.is_big else 4  # where the offset of the next page is written
    for page in pages:
        size = struct.calcsize(copy.offset)
        copy.out[place : place + size] = struct.pack(copy.order + copy.offset, page.offset)
        place = _bring_page(copy, page.offset)
    return bytes(copy.out)


def _bring_page(copy: _Copy, at: int) -> int:
    """Write one directory with the entries that stay; where its link to the next one stands."""
    entries = [entry for entry in _entries(copy, at) if _stays(copy, entry)]
    head = struct.calcsize(copy.number)
    copy.out[at : at + head] = struct.pack(copy.order + copy.number, len(entries))
    end = at + head
    for entry in entries:
        copy.out[end : end + copy.entry] = entry.raw
        end += copy.entry
        copy.bring(entry.at, entry.count * _SIZES[entry.kind])
    _bring_pixels(copy, {entry.tag: entry for entry in entries})
    if end + struct.calcsize(copy.offset) > len(copy.out):
        copy.out.extend(bytes(end + struct.calcsize(copy.offset) - len(copy.out)))
    return end


def _entries(copy: _Copy, at: int) -> Iterator[_Entry]:
    start = at + struct.calcsize(copy.number)
    width = struct.calcsize(copy.offset)
    for number in range(copy.read(copy.number, at)):
        place = start + number * copy.entry
        raw = copy.data[place : place + copy.entry]
        if len(raw) < copy.entry:
            raise UnreadableImage(_DAMAGED)
        tag, kind = struct.unpack(f"{copy.order}HH", raw[:4])
        count = int(struct.unpack(copy.order + copy.offset, raw[4 : 4 + width])[0])
        value = place + 4 + width
        if count * _SIZES.get(kind, 1) > width:
            value = copy.read(copy.offset, value)
        yield _Entry(raw, tag, kind, count, value)


def _stays(copy: _Copy, entry: _Entry) -> bool:
    if entry.tag not in _KEPT or entry.kind not in _SIZES:
        return False
    if entry.kind != _ASCII:
        return True
    if entry.tag != _NO_DATA:  # the one text that is a number
        return False
    text = copy.data[entry.at : entry.at + entry.count].strip(b" \0")
    return text.replace(b".", b"").replace(b"-", b"").replace(b"e", b"").isdigit()


def _bring_pixels(copy: _Copy, entries: dict[int, _Entry]) -> None:
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        if offsets not in entries:
            continue
        starts = _numbers(copy, entries[offsets])
        sizes = _numbers(copy, entries[counts]) if counts in entries else []
        if not sizes and len(starts) == 1:  # allowed for one uncompressed strip
            sizes = [len(copy.data) - starts[0]]
        for start, size in zip(starts, sizes, strict=False):
            piece = copy.data[start : start + size]
            copy.out[start : start + len(piece)] = blanked(piece)
    if 513 in entries and 514 in entries:  # JPEG of the old kind
        start, size = (_numbers(copy, entries[tag])[0] for tag in (513, 514))
        piece = copy.data[start : start + size]
        copy.out[start : start + len(piece)] = blanked(piece)
    if _TABLES in entries:
        tables = entries[_TABLES]
        piece = copy.data[tables.at : tables.at + tables.count]
        copy.out[tables.at : tables.at + len(piece)] = blanked(piece)


def _numbers(copy: _Copy, entry: _Entry) -> list[int]:
    code = _WHOLE.get(entry.kind)
    if code is None:
        return []
    data = copy.data[entry.at : entry.at + entry.count * _SIZES[entry.kind]]
    count = len(data) // _SIZES[entry.kind]
    return list(struct.unpack(f"{copy.order}{count}{code}", data[: count * _SIZES[entry.kind]]))
