"""The samples of one page of a TIFF, strip by strip or tile by tile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.codestream import read_codestream
from dprotonet.images.tiff.layout import JPEG_KINDS, NO_COMPRESSION, PageLayout

if TYPE_CHECKING:
    from tifffile import TiffPage


def decode_page(
    page: TiffPage, layout: PageLayout, stream: BinaryIO, size: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Decode the samples that are shown.

    Args:
        page: whose layout was checked.
        layout: of that page.
        stream: the file.
        size: of the file, bytes.

    Returns:
        ``(H, W, len(layout.kept))`` in the byte order of this machine, and ``(H, W)`` bool, True
        where a sparse file leaves a strip or tile out; None where it leaves none.

    Raises:
        UnreadableImage: a strip or tile is cut off, or its decoder would need too much.
    """
    offsets, counts = page.dataoffsets, page.databytecounts
    planes = layout.samples if page.planarconfig == 2 and layout.samples > 1 else 1
    number = planes * _segments_of_a_plane(page, layout)
    if len(offsets) < number or len(counts) < number:
        raise _cut_off()
    kept = layout.kept
    samples = np.zeros((layout.rows, layout.columns, len(kept)), page.dtype)
    missing = np.zeros((layout.rows, layout.columns), bool)
    for index in range(number):
        data = _segment(stream, size, int(offsets[index]), int(counts[index]))
        if planes > 1 and index // (number // planes) not in kept:
            continue
        values, where, shape = _decoded(page, data, index)
        plane, _, top, left = (int(place) for place in where[:4])
        rows = min(shape[1], layout.rows - top)
        columns = min(shape[2], layout.columns - left)
        place = np.s_[top : top + rows, left : left + columns]
        if values is None:
            missing[place] = True
        elif planes > 1:
            samples[(*place, kept.index(plane))] = values[0, :rows, :columns, 0]
        else:
            samples[place] = values[0, :rows, :columns][..., kept]
    return samples, missing if missing.any() else None


def _segments_of_a_plane(page: TiffPage, layout: PageLayout) -> int:
    if page.is_tiled:
        down = math.ceil(layout.rows / page.tilelength)
        return down * math.ceil(layout.columns / page.tilewidth)
    return math.ceil(layout.rows / page.rowsperstrip)


def _segment(stream: BinaryIO, size: int, offset: int, count: int) -> bytes | None:
    """The bytes of a strip or tile; None where a sparse file has none (GDAL, libtiff)."""
    if offset == 0 or count == 0:
        return None
    if offset + count > size:
        raise _cut_off()
    stream.seek(offset)
    return stream.read(count)


def _decoded(page: TiffPage, data: bytes | None, index: int) -> tuple[Any, Any, Any]:
    more: dict[str, Any] = {}
    if int(page.compression) in JPEG_KINDS:
        more = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
    if data is not None and int(page.compression) != NO_COMPRESSION:
        _check_stated_size(page, data)
    return page.decode(data, index, _fullsize=page.is_tiled, **more)


def _check_stated_size(page: TiffPage, data: bytes) -> None:
    """JPEG and JPEG 2000 state a size of their own, which their decoders allocate."""
    stated = read_codestream(data)
    if stated is None:
        return
    rows, columns = page.rowsperstrip, page.imagewidth
    if page.is_tiled:
        rows, columns = page.tilelength, page.tilewidth
    if stated.rows * stated.columns > rows * columns:
        raise UnreadableImage(
            "A strip or tile of this TIFF file states more pixels than it has room for: it is"
            " damaged. Export it again."
        )


def _cut_off() -> UnreadableImage:
    return UnreadableImage("The pixels of this TIFF file end too early. Copy or export it again.")
