"""Grey DICOM pixels: padding, modality LUT, and the windows a file offers."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from dprotonet.images.dicom.header import (
    element,
    frame_part,
    items,
    known_word,
    label,
    numbers,
    text,
)
from dprotonet.images.dicom.tables import Span, little_endian, read_table, stored_span
from dprotonet.images.types import Rescale
from dprotonet.images.windows import VoiTable, Window, WindowFunction, percentile_window

_INTEGERS = tuple(np.dtype(t) for t in ("u1", "i1", "u2", "i2", "u4", "i4", "i8"))
_DEEP = tuple(np.dtype(t) for t in ("i4", "u4", "i8", "u8", "f8"))
# No detector measures so much; files write such numbers (-3.4e38, 1e36) where they have no value.
_NO_VALUE = 1e30
_IDENTITY = (1.0, 0.0)
_UNITS = ("HU", "OD")  # PS3.3 C.11.1.1.2; OD: thousandths of an optical density
_FUNCTIONS: dict[str, WindowFunction] = {
    "": "LINEAR",
    "LINEAR": "LINEAR",
    "LINEAR_EXACT": "LINEAR_EXACT",
    "SIGMOID": "SIGMOID",
}


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
    value = element(header, keyword)
    if isinstance(value, bytes):
        sign = dtype.kind == "i"
        return float(int.from_bytes(value[:2], "little", signed=sign)) if len(value) >= 2 else None
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
) -> tuple[np.ndarray, Span]:
    """Apply the modality LUT (PS3.3 C.11.1): a table, or slope and intercept.

    Args:
        stored: ``(H, W)`` stored values.
        header: the whole header.
        frame: counted from 0; the functional groups of an enhanced file hold a line for each.
        notes: gets a remark where the header is odd.

    Returns:
        ``(H, W)``: an integer dtype where slope and intercept are whole numbers, else float32, or
        float64 where the stored values are of 32 bits or double; and the least and greatest value
        that could come out, whatever this frame holds.
    """
    part = frame_part(header, frame, "PixelValueTransformationSequence")
    tables = items(part, "ModalityLUTSequence") or items(header, "ModalityLUTSequence")
    if tables and stored.dtype.kind != "f":
        table = read_table(tables[0], little_endian(header), stored_span(header))
        # What comes out of a table is never signed.
        return table.apply(stored), (0, int(table.entries.max()))
    slope, intercept = _line(part, header)
    if slope == 0:
        notes.append("The rescale slope in the file is 0; the stored values are shown.")
        slope, intercept = _IDENTITY
    return _rescaled(stored, header, slope, intercept), _span(stored, header, slope, intercept)


def rescale(header: Dataset, frame: int) -> Rescale | None:
    """The straight line that :func:`modality_values` applies to whole numbers, or None for a table.

    Args:
        header: the whole header.
        frame: counted from 0.
    """
    part = frame_part(header, frame, "PixelValueTransformationSequence")
    if items(part, "ModalityLUTSequence") or items(header, "ModalityLUTSequence"):
        return None
    slope, intercept = _line(part, header)
    if slope == 0:
        return Rescale(*_IDENTITY)
    unit = known_word(part, "RescaleType", _UNITS) or known_word(header, "RescaleType", _UNITS)
    is_ct = text(header, "Modality").upper() == "CT" and not text(part, "RescaleType")
    # PS3.3 C.8.2.1: without a type, the values of a CT image are Hounsfield units.
    return Rescale(slope, intercept, unit or ("HU" if is_ct else ""))


def _line(part: Dataset, header: Dataset) -> tuple[float, float]:
    slope = numbers(part, "RescaleSlope") or numbers(header, "RescaleSlope") or [1.0]
    intercept = numbers(part, "RescaleIntercept") or numbers(header, "RescaleIntercept") or [0.0]
    return slope[0], intercept[0]


def _span(stored: np.ndarray, header: Dataset, slope: float, intercept: float) -> Span:
    if stored.dtype.kind == "f":
        return -np.inf, np.inf
    ends = [value * slope + intercept for value in stored_span(header)]
    return min(ends), max(ends)


def _rescaled(stored: np.ndarray, header: Dataset, slope: float, intercept: float) -> np.ndarray:
    if stored.dtype.kind == "f":
        return (stored.astype(np.float64) * slope + intercept).astype(_real_type(stored))
    if slope == 1 and intercept == 0:
        return stored
    if not (slope.is_integer() and intercept.is_integer()):
        return (stored * slope + intercept).astype(_real_type(stored))
    low, high = stored_span(header)  # which some pixels leave all the same
    values = min(low, int(stored.min())), max(high, int(stored.max()))
    ends = [int(value) * int(slope) + int(intercept) for value in values]
    kinds = [
        dtype
        for dtype in _INTEGERS
        if np.iinfo(dtype).min <= min(ends) and max(ends) <= np.iinfo(dtype).max
    ]
    if not kinds:
        return (stored * slope + intercept).astype(_real_type(stored))
    exact = stored.astype(np.int64) * int(slope) + int(intercept)
    return exact.astype(kinds[0])


def _real_type(stored: np.ndarray) -> type[np.floating]:
    """float32, or float64 where the stored values have digits that float32 cannot hold."""
    return np.float64 if stored.dtype in _DEEP else np.float32


def grey_windows(
    values: np.ndarray,
    span: Span,
    padding: np.ndarray | None,
    header: Dataset,
    frame: int,
    notes: list[str],
) -> tuple[Window, ...]:
    """Every window the file offers, VOI LUTs first; else the 1st–99th percentile.

    Args:
        values: ``(H, W)`` after the modality LUT.
        span: of all values that could come out of it.
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
    offered = [*_table_windows(part, header, span, notes), *lines]
    if offered:
        return tuple(offered)
    notes.append("There is no window in the file: the 1st–99th percentile is shown.")
    keep = _counted(values, padding)
    return (percentile_window(values, keep), *_full_range(values, keep))


def _counted(values: np.ndarray, padding: np.ndarray | None) -> np.ndarray | None:
    """``(H, W)`` bool: the pixels by which a window is chosen; None where all count."""
    keep = None if padding is None else ~padding
    if values.dtype.kind != "f":
        return keep
    believable = np.abs(values) < _NO_VALUE
    if keep is not None:
        believable &= keep
    return believable if believable.any() and not believable.all() else keep


def _full_range(values: np.ndarray, keep: np.ndarray | None) -> tuple[Window, ...]:
    counted = values if keep is None else values[keep]
    low, high = float(counted.min()), float(counted.max())
    return (Window.spanning(low, high, "full range"),) if high > low else ()


def _line_windows(part: Dataset, notes: list[str]) -> list[Window]:
    centres, widths = numbers(part, "WindowCenter"), numbers(part, "WindowWidth")
    function = _FUNCTIONS[known_word(part, "VOILUTFunction", tuple(_FUNCTIONS))]
    if text(part, "VOILUTFunction").upper() not in _FUNCTIONS:
        notes.append("The file names a window function that is not known; a line is shown.")
    windows = []
    for number, (centre, width) in enumerate(zip(centres, widths, strict=False)):
        if width < 1 if function == "LINEAR" else width <= 0:
            notes.append(f"Window {number + 1} of the file is {width:g} wide and is left out.")
            continue
        name = label(part, "WindowCenterWidthExplanation", number)
        windows.append(Window(centre, width, name, function))
    if len(centres) != len(widths):
        notes.append(f"The file has {len(centres)} window centres and {len(widths)} widths.")
    return windows


def _table_windows(part: Dataset, header: Dataset, span: Span, notes: list[str]) -> list[Window]:
    windows = []
    for number, item in enumerate(items(part, "VOILUTSequence") or items(header, "VOILUTSequence")):
        try:
            table = read_table(item, little_endian(header), span)
        except (ValueError, TypeError, IndexError):
            notes.append(f"VOI LUT {number + 1} of the file is damaged and is left out.")
            continue
        first = table.first
        top = (1 << table.bits) - 1
        most = int(table.entries.max())
        if most > top or (0 < most < top // 2):
            # A descriptor of 16 bits over entries of 12 is common, and would show a black image.
            notes.append(
                f"VOI LUT {number + 1} of the file states {table.bits} bits and reaches {most};"
                " its own range is shown."
            )
            top = most
        unit = (table.entries / max(top, 1)).astype(np.float32)
        size = len(table.entries)
        name = label(item, "LUTExplanation") or "VOI LUT"
        voi = VoiTable(first, unit)
        windows.append(Window(first + (size - 1) / 2, max(size - 1, 1), name, "TABLE", voi))
    return windows
