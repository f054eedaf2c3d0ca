"""Where the pixels of a DICOM file lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from pydicom.uid import UID

UNDEFINED = 0xFFFFFFFF  # the length of encapsulated data


@dataclass(frozen=True, eq=False)
class PixelLocation:
    """Where the value of a pixel element lies in a stream."""

    stream: BinaryIO
    offset: int  # bytes from the stream's start to the value
    length: int  # bytes; 0xFFFFFFFF where encapsulated
    keyword: str  # PixelData, FloatPixelData or DoubleFloatPixelData
    vr: str
    syntax: UID
