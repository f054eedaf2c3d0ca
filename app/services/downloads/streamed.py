"""Files that are made while they are sent: neither memory nor disk ever holds one as a whole."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dprotonet.tables.pieces import Pieces

PIECE = 1 << 16  # bytes gathered before they are handed on
_DAY = (1980, 1, 1, 0, 0, 0)  # of every file: the same content gives the same bytes


@dataclass(frozen=True, eq=False)
class Streamed:
    """A file whose bytes are still to come; whoever has the permission asked for it already."""

    pieces: Iterator[bytes]


def zip_pieces(files: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """A ZIP file of files that come one after the other, in pieces.

    Sizes and checksums stand behind each file (APPNOTE.TXT 4.3.9), so that nothing has to be known
    before; ZIP64 where it is needed.

    Args:
        files: name and content of each.
    """
    sink = Pieces()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in content:
                    file.write(piece)
                    if sink.size >= PIECE:
                        yield sink.take()
    yield sink.take()
