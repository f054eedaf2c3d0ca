"""How many frames a DICOM file holds and where each lies, without decoding one."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.codestream import starts_stream
from dprotonet.images.dicom.colour import subsampled_bytes
from dprotonet.images.dicom.header import element, integer, text
from dprotonet.images.dicom.location import UNDEFINED, PixelLocation

_ITEM = b"\xfe\xff\x00\xe0"
_MOST_ITEMS = 1_000_000  # fragments of one file
_MAGIC = 12  # bytes that show whether a fragment begins a stream
Fragment = tuple[int, int]  # bytes from the stream's start, and bytes of it


@dataclass(frozen=True)
class Frames:
    """The frames that are there.

    ``fragments[i]`` are the pieces of compressed frame ``i``; native frames have none, and frame
    ``i`` begins at ``i * bits``.
    """

    count: int  # one or more
    photometric: str  # the pixels' kind, as their length shows it
    bits: int = 0  # of one native frame
    fragments: tuple[tuple[Fragment, ...], ...] = ()
    notes: tuple[str, ...] = ()


def find_frames(header: Dataset, location: PixelLocation) -> Frames:
    """Count the frames that are there, whatever the header states.

    Args:
        header: the whole header.
        location: where the pixels' value is.

    Raises:
        UnreadableImage: NumberOfFrames is no number.
    """
    stated = _stated(header)
    if location.syntax.is_encapsulated:
        fragments = _compressed_frames(header, location, stated)
        photometric, bits, there = _photometric(header), 0, len(fragments)
    else:
        fragments = ()
        photometric, bits, there = _native_frames(header, location, stated or 1)
    if stated is not None and stated < 0:
        return Frames(stated, photometric, bits)  # refused for its size
    count, notes = _agreed(stated, there, _is_whole(location, bits, there))
    if photometric != _photometric(header):
        notes.append(
            f"The file calls its colours {_photometric(header)}; by their length they are"
            f" {photometric}, and are read so."
        )
    return Frames(count, photometric, bits, fragments[:count], tuple(notes))


def _stated(header: Dataset) -> int | None:
    value = element(header, "NumberOfFrames")
    frames = integer(header, "NumberOfFrames")
    if value is not None and frames is None:
        raise UnreadableImage("The header's number of frames is no number. Export the file again.")
    return frames or None  # empty or 0: some writers mean a single frame


def _agreed(stated: int | None, there: int, whole: bool) -> tuple[int, list[str]]:
    """The frames that can be read, and what to say of it."""
    if stated is None:
        unsaid = "The file does not say how many frames it has"
        if there < 2:
            return 1, []
        if whole:
            return there, [f"{unsaid}; its pixel data hold {there}."]
        return 1, [f"{unsaid}; its pixel data are longer than one frame. The first is shown."]
    frames = "1 frame" if stated == 1 else f"{stated:,} frames"
    if there < stated:
        present = "1 is" if there <= 1 else f"{there:,} are"
        return max(there, 1), [f"The file states {frames}, and {present} there."] * (stated > 1)
    return stated, [f"The file states {frames}, and its pixel data hold {there:,}."] * (
        there > stated
    )


def _photometric(header: Dataset) -> str:
    return text(header, "PhotometricInterpretation").upper()


def native_length(location: PixelLocation) -> int:
    """Bytes of native pixels that are there."""
    stream = location.stream
    there = stream.seek(0, 2) - location.offset
    stream.seek(location.offset)
    return max(min(there, location.length), 0)


def _native_frames(header: Dataset, location: PixelLocation, stated: int) -> tuple[str, int, int]:
    """The pixels' kind, the bits of a frame, and how many whole ones there are."""
    photometric = _photometric(header)
    rows, columns = integer(header, "Rows") or 0, integer(header, "Columns") or 0
    samples = integer(header, "SamplesPerPixel") or 1
    allocated = integer(header, "BitsAllocated") or 0
    bits = rows * columns * samples * allocated
    if bits <= 0 or location.length == UNDEFINED:
        return photometric, 0, stated  # refused elsewhere
    length = native_length(location)
    if photometric in ("YBR_FULL", "YBR_FULL_422") and samples == 3 and allocated == 8:
        photometric, bits = _chroma(photometric, rows, columns, length, stated)
    elif photometric == "YBR_FULL_422":
        bits = bits // 3 * 2
    return photometric, bits, length * 8 // bits


def _chroma(photometric: str, rows: int, columns: int, length: int, stated: int) -> tuple[str, int]:
    """Whether the chroma is subsampled, by the length of the pixels, and the bits of a frame.

    Either label stands over the other's data in files that exist: 3 bytes of a pixel under
    YBR_FULL_422, and 2 under YBR_FULL.
    """
    full = [("YBR_FULL", 3 * rows * columns)]
    half = [("YBR_FULL_422", size) for size in subsampled_bytes(rows, columns)]
    likely = half + full if photometric == "YBR_FULL_422" else full + half
    for kind, size in likely:
        if 0 <= length - size * stated <= 1:  # a byte makes the length even
            return kind, size * 8
    for kind, size in likely:
        if length >= size and length % size <= 1:  # more frames than stated, or fewer
            return kind, size * 8
    if photometric == "YBR_FULL_422" and length >= full[0][1] * stated:
        return full[0][0], full[0][1] * 8
    return likely[0][0], likely[0][1] * 8


def _is_whole(location: PixelLocation, bits: int, there: int) -> bool:
    """True where the pixels end with their last frame, but for a byte that makes them even."""
    if location.syntax.is_encapsulated:
        return True
    return 0 <= native_length(location) * 8 - bits * there < 16


def _compressed_frames(
    header: Dataset, location: PixelLocation, stated: int | None
) -> tuple[tuple[Fragment, ...], ...]:
    """The fragments of every whole frame (PS3.5 A.4); those of the first whether whole or not."""
    items, whole = _items(location)
    if not items:
        return ()
    table, pieces = items[0], items[1:]
    starts = _table(header, location, table, pieces)
    if starts is None or len(starts) < (stated or 1):  # some tables name the first frame alone
        starts = max(starts or [], _starts(location, pieces, stated), key=len)
    frames = [
        tuple(pieces[first:after])
        for first, after in zip(starts, [*starts[1:], len(pieces)], strict=True)
    ]
    if not whole and len(frames) > 1:
        frames.pop()
    return tuple(frames)


def _items(location: PixelLocation) -> tuple[list[Fragment], bool]:
    """Every item of the pixels' sequence, and whether the last is whole."""
    stream = location.stream
    size = stream.seek(0, 2)
    at = location.offset
    fragments: list[Fragment] = []
    while at + 8 <= size and len(fragments) < _MOST_ITEMS:
        stream.seek(at)
        tag, length = struct.unpack("<4sI", stream.read(8))
        if tag != _ITEM or length == UNDEFINED:
            return fragments, True
        fragments.append((at + 8, length))
        at += 8 + length
        if at > size:
            return fragments, False
    return fragments, True


def _table(
    header: Dataset, location: PixelLocation, table: Fragment, pieces: list[Fragment]
) -> list[int] | None:
    """The piece with which each frame begins, by an offset table; None where there is none.

    A table that does not lead to pieces is worth nothing.
    """
    if not pieces:
        return []
    extended = element(header, "ExtendedOffsetTable")
    if isinstance(extended, bytes) and len(extended) >= 8:
        offsets = struct.unpack(f"<{len(extended) // 8}Q", extended[: len(extended) // 8 * 8])
    elif table[1] >= 4:
        location.stream.seek(table[0])
        data = location.stream.read(min(table[1], 4 * len(pieces) + 4))
        offsets = struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
    else:
        return None
    number = {place - 8: index for index, (place, _) in enumerate(pieces)}
    origin = pieces[0][0] - 8
    starts = []
    for offset in offsets:
        index = number.get(origin + offset)
        if index is None:  # a frame that is not there; or a table of something else
            break
        starts.append(index)
    if not starts or starts[0] != 0 or sorted(set(starts)) != starts:
        return None
    return starts


def _starts(location: PixelLocation, pieces: list[Fragment], stated: int | None) -> list[int]:
    """The piece with which each frame begins, where no table says it."""
    every = list(range(len(pieces)))
    if stated == 1:
        return every[:1]
    begins = []
    for index, (place, length) in enumerate(pieces):
        location.stream.seek(place)
        head = location.stream.read(min(length, _MAGIC))
        if starts_stream(head) if location.syntax != RLELossless else _starts_rle(head):
            begins.append(index)
    if begins and begins[0] == 0:
        return begins
    return every if stated is not None else every[:1]


def _starts_rle(head: bytes) -> bool:
    """PS3.5 G.5: a frame begins with 1 to 15 segments, of which the first is at byte 64."""
    return head[4:8] == b"\x40\0\0\0" and head[1:4] == bytes(3) and 1 <= head[0] <= 15


def frame_bytes(location: PixelLocation, frames: Frames, index: int) -> bytes:
    """One compressed frame, its pieces joined.

    Raises:
        UnreadableImage: it is not there.
    """
    if index >= len(frames.fragments):
        raise UnreadableImage("The compressed pixels are damaged. Copy or export the file again.")
    parts = []
    for place, length in frames.fragments[index]:
        location.stream.seek(place)
        part = location.stream.read(length)
        if len(part) < length:
            raise UnreadableImage(
                "The compressed pixels end too early. Copy or export the file again."
            )
        parts.append(part)
    return b"".join(parts)
