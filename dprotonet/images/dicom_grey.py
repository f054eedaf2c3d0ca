"""Grey DICOM pixels: padding, modality LUT, and the windows a file offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dprotonet.images.dicom_header import element, frame_part, integer, items, numbers, text
from dprotonet.images.windows import VoiTable, Window, WindowFunction, percentile_window

_INTEGERS = tuple(np.dtype(t) for t in ("u1", "i1", "u2", "i2", "u4", "i4", "i8"))


@dataclass(frozen=True, eq=False)
class LookupTable:
    """A LUT of PS3.3 C.11.1.1: the input ``first`` gives ``entries[0]``."""

    first: int
    entries: np.ndarray  # (n,) uint8 or uint16
    bits: int  # of an entry


def padding_mask(stored: np.ndarray, header: Dataset) -> np.ndarray | None:
    """Where the stored values are padding (PS3.3 C.7.5.1.1.2).

    Args:
        stored: ``(H, W)`` values before any LUT.
        header: the whole header.

    Returns:
        ``(H, W)`` bool, or None where there is no padding.
    """
    if stored.dtype.kind == "f":
        names = (
            ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit")
            if stored.dtype.itemsize == 4
            else ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit")
        )
    else:
        names = ("PixelPaddingValue", "PixelPaddingRangeLimit")
    value = _stored_number(header, names[0], stored.dtype)
    if value is None:
        return None
    limit = _stored_number(header, names[1], stored.dtype)
    low, high = sorted((value, value if limit is None else limit))
    mask = (stored >= low) & (stored <= high)
    return mask if mask.any() else None


def _stored_number(header: Dataset, keyword: str, dtype: np.dtype) -> float | None:
    """A value in the units of the pixels, whichever of US and SS the writer chose."""
    found = element(header, keyword)
    if isinstance(found, bytes):
        sign = dtype.kind == "i"
        return float(int.from_bytes(found[:2], "little", signed=sign)) if len(found) >= 2 else None
    values = numbers(header, keyword)
    if not values:
        return None
    value = values[0]
    if dtype.kind == "i" and value > np.iinfo(dtype).max:
        value -= 2.0 ** (8 * dtype.itemsize)
    elif dtype.kind == "u" and value < 0:
        value += 2.0 ** (8 * dtype.itemsize)
    return value


def modality_values(
    stored: np.ndarray, header: Dataset, frame: int, notes: list[str]
) -> np.ndarray:
    """Apply the modality LUT (PS3.3 C.11.1): a table, or slope and intercept.

    Args:
        stored: ``(H, W)`` stored values.
        header: the whole header.
        frame: counted from 0; the functional groups of an enhanced file hold a line for each.
        notes: gets a remark where the header is odd.

    Returns:
        ``(H, W)``: an integer dtype where slope and intercept are whole numbers, else float32.
    """
    part = frame_part(header, frame, "PixelValueTransformationSequence")
    tables = items(part, "ModalityLUTSequence") or items(header, "ModalityLUTSequence")
    if tables:
        table = read_table(tables[0], little_endian(header))
        index = np.clip(stored.astype(np.int64) - table.first, 0, len(table.entries) - 1)
        return table.entries[index]
    slope = (numbers(part, "RescaleSlope") or numbers(header, "RescaleSlope") or [1.0])[0]
    intercept = (numbers(part, "RescaleIntercept") or numbers(header, "RescaleIntercept") or [0.0])[
        0
    ]
    if slope == 0:
        notes.append("The rescale slope in the file is 0; the stored values are shown.")
        slope, intercept = 1.0, 0.0
    if stored.dtype.kind == "f":
        return (stored.astype(np.float64) * slope + intercept).astype(np.float32)
    if slope == 1 and intercept == 0:
        return stored
    if not (slope.is_integer() and intercept.is_integer()):
        return (stored * slope + intercept).astype(np.float32)
    ends = [value * int(slope) + int(intercept) for value in _stored_range(stored, header)]
    kinds = [
        dtype
        for dtype in _INTEGERS
        if np.iinfo(dtype).min <= min(ends) and max(ends) <= np.iinfo(dtype).max
    ]
    if not kinds:
        return (stored * slope + intercept).astype(np.float32)
    exact = stored.astype(np.int64) * int(slope) + int(intercept)
    return exact.astype(kinds[0])


def _stored_range(stored: np.ndarray, header: Dataset) -> tuple[int, int]:
    """Least and greatest value that the header, or else the pixels, allow."""
    low, high = int(stored.min()), int(stored.max())
    bits = integer(header, "BitsStored") or 8 * stored.dtype.itemsize
    if stored.dtype.kind == "i":
        return min(low, -(1 << (bits - 1))), max(high, (1 << (bits - 1)) - 1)
    return min(low, 0), max(high, (1 << bits) - 1)


def grey_windows(
    values: np.ndarray,
    padding: np.ndarray | None,
    header: Dataset,
    frame: int,
    notes: list[str],
) -> tuple[Window, ...]:
    """Every window the file offers, VOI LUTs first; else the 1st–99th percentile.

    Args:
        values: ``(H, W)`` after the modality LUT.
        padding: ``(H, W)`` bool or None; padding does not count in the percentiles.
        header: the whole header.
        frame: counted from 0.
        notes: gets a remark where there is no window, or an odd one.

    Returns:
        At least one window; the first is the default.
    """
    part = frame_part(header, frame, "FrameVOILUTSequence")
    lines = _line_windows(part, notes) or (
        _line_windows(header, notes) if part is not header else []
    )
    offered = [*_table_windows(part, header, values, notes), *lines]
    if offered:
        return tuple(offered)
    notes.append("There is no window in the file: the 1st–99th percentile is shown.")
    keep = None if padding is None else ~padding
    return (percentile_window(values, keep), *_full_range(values, keep))


def _full_range(values: np.ndarray, keep: np.ndarray | None) -> tuple[Window, ...]:
    counted = values if keep is None else values[keep]
    low, high = float(counted.min()), float(counted.max())
    return (Window.spanning(low, high, "full range"),) if high > low else ()


def _line_windows(part: Dataset, notes: list[str]) -> list[Window]:
    centres, widths = numbers(part, "WindowCenter"), numbers(part, "WindowWidth")
    named = element(part, "WindowCenterWidthExplanation")
    names = list(named) if isinstance(named, (MultiValue, list, tuple)) else [named or ""]
    declared = text(part, "VOILUTFunction").upper()
    functions: dict[str, WindowFunction] = {
        "": "LINEAR",
        "LINEAR": "LINEAR",
        "LINEAR_EXACT": "LINEAR_EXACT",
        "SIGMOID": "SIGMOID",
    }
    function = functions.get(declared, "LINEAR")
    if declared not in functions:
        notes.append(f"The window function {declared} is not known; a straight line is shown.")
    found = []
    for number, (centre, width) in enumerate(zip(centres, widths, strict=False)):
        if width < 1 if function == "LINEAR" else width <= 0:
            notes.append(f"Window {number + 1} of the file is {width:g} wide and is left out.")
            continue
        name = str(names[number]).strip() if number < len(names) else ""
        found.append(Window(centre, width, name, function))
    if len(centres) != len(widths):
        notes.append(f"The file has {len(centres)} window centres and {len(widths)} widths.")
    return found


def _table_windows(
    part: Dataset, header: Dataset, values: np.ndarray, notes: list[str]
) -> list[Window]:
    found = []
    for number, item in enumerate(items(part, "VOILUTSequence") or items(header, "VOILUTSequence")):
        try:
            table = read_table(item, little_endian(header))
        except (ValueError, TypeError, IndexError):
            notes.append(f"VOI LUT {number + 1} of the file is damaged and is left out.")
            continue
        first = table.first
        # PS3.3 C.11.2.1.1: the first value is signed where the modality LUT's output is.
        if first >= 1 << 15 and int(values.min()) < 0:
            first -= 1 << 16
        top = (1 << table.bits) - 1
        most = int(table.entries.max())
        if most > top or (0 < most < top // 2):
            # A descriptor of 16 bits over entries of 12 is common, and would show a black film.
            notes.append(
                f"VOI LUT {number + 1} of the file states {table.bits} bits and reaches {most};"
                " its own range is shown."
            )
            top = most
        shown = (table.entries / max(top, 1)).astype(np.float32)
        size = len(table.entries)
        name = text(item, "LUTExplanation") or "VOI LUT"
        voi = VoiTable(first, shown)
        found.append(Window(first + (size - 1) / 2, max(size - 1, 1), name, "TABLE", voi))
    return found


def little_endian(header: Dataset) -> bool:
    """The byte order in which the header was written."""
    return header.original_encoding[1] is not False


def read_table(item: Dataset, little: bool) -> LookupTable:
    """Read one item of a modality or VOI LUT sequence.

    Args:
        item: holds LUTDescriptor and LUTData.
        little: the byte order of the file.

    Raises:
        ValueError: the descriptor or the data are missing or do not fit each other.
    """
    size, first, bits = table_descriptor(element(item, "LUTDescriptor"), little)
    entries = table_entries(element(item, "LUTData"), size, bits, little)
    return LookupTable(first, entries, bits)


def table_descriptor(value: Any, little: bool) -> tuple[int, int, int]:
    """Number of entries, first value mapped, and bits of an entry (PS3.3 C.11.1.1.1).

    Raises:
        ValueError: the value is no such triple.
    """
    if isinstance(value, bytes):  # the VR was ambiguous and stayed so
        value = np.frombuffer(value[:6], "<u2" if little else ">u2").tolist()
    if value is None or isinstance(value, (int, str)) or len(value) != 3:
        raise ValueError(f"a LUT descriptor has three numbers, not {value!r}")
    size, first, bits = (int(part) for part in value)
    size &= 0xFFFF  # written as SS by some
    if not 1 <= bits <= 16:
        raise ValueError(f"a LUT entry cannot have {bits} bits")
    return size or 1 << 16, first, bits


def table_entries(value: Any, size: int, bits: int, little: bool) -> np.ndarray:
    """The entries of a LUT, whether they came as bytes or as numbers: ``(size,)`` uint8/16.

    Raises:
        ValueError: there are fewer than ``size`` entries.
    """
    if isinstance(value, bytes):
        if bits <= 8 and len(value) in (size, size + 1):
            return np.frombuffer(value, "u1")[:size].copy()
        entries = np.frombuffer(value[: len(value) // 2 * 2], "<u2" if little else ">u2")
    elif value is None:
        raise ValueError("a LUT without data")
    else:
        entries = np.atleast_1d(np.asarray(value, dtype=np.int64)).astype(np.uint16)
        if bits <= 8 and len(entries) in (size // 2, (size + 1) // 2) and size > 1:
            # Two 8-bit entries in each 16-bit word, the lower byte first.
            entries = entries.astype("<u2").view("u1").astype(np.uint16)
    if len(entries) < size:
        raise ValueError(f"a LUT of {size} entries holds {len(entries)}")
    return entries[:size].astype(np.uint16)
