"""Grey values as 16-bit codes for the browser, with most codes where windows need them.

Whole numbers that span fewer than 65,535 steps have a code each. In all other images a code stands
for a short range of values, by linear interpolation between *knots*. Codes of equal width would do
for most images, but a single hot pixel of 1e9 would leave none for the anatomy. So the codes are
distributed: to the ranges of the windows, to the range of all values but outliers, to where most
values lie, and a few to everything else, so that every value has a code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dprotonet.images.types import GrayOrColourImage
from dprotonet.images.windows import Window

LAST_CODE = (1 << 16) - 2  # one more is left for padding
_FAR = 8e307  # stands for infinity; arithmetic on it does not overflow
_SAMPLE = 1 << 18  # values that are sorted to see where most lie
_TAILS = (1e-4, 3e-4, 1e-3, 3e-3, 6e-3, 1e-2)
_LEVELS = np.array([0, *_TAILS, *np.arange(1, 64) / 64, *(1 - t for t in reversed(_TAILS)), 1])
_GAPS = 32  # the widest gaps between values, whose ends are knots
_CORE = 1e-3  # fraction at each end that counts as outliers
_MOST_WINDOWS = 64
# Fractions of the codes; together 1.
_FOR_WINDOWS, _FOR_CORE, _FOR_DENSE, _FOR_EACH_LEVEL, _FOR_ALL = 0.36, 0.26, 0.18, 0.18, 0.02
_BLOCK = 1 << 20  # values that are encoded at a time

Knot = tuple[int, float]
_Span = tuple[float, float, float]  # weight, from, to


@dataclass(frozen=True, eq=False)
class Codes:
    """One frame, encoded for the browser."""

    samples: np.ndarray  # (H, W) uint8 or uint16
    knots: list[Knot]  # code and its value, rising; linear between them
    low: float  # the range in which the reader moves the window
    high: float
    padding: int | None  # the code of pixels that have no value
    whole: bool  # the values are whole numbers

    @property
    def values(self) -> np.ndarray:
        """The value of each code in use, ``(n,)`` float64; the one of padding has no meaning."""
        return code_values(self.knots, int(self.samples.max()) + 1)


def code_values(knots: Sequence[Knot], count: int) -> np.ndarray:
    """The values of the codes 0 … count - 1, ``(count,)`` float64."""
    codes, values = zip(*knots, strict=True)
    return np.interp(np.arange(count), codes, values)


def encode_values(image: GrayOrColourImage) -> Codes:
    """The codes of a grey image."""
    values, padding_mask = _finite_values(image)
    visible = values.reshape(-1) if padding_mask is None else values[~padding_mask]
    if visible.size == 0:
        visible = values.reshape(-1)
    whole = values.dtype.kind in "iu"
    least, most = visible.min(), visible.max()
    low, high = float(least), float(most)
    # Padding may lie outside the range of the others: it is clipped here and marked below.
    clipped = np.clip(values, least, most)
    if whole and int(most) - int(least) <= LAST_CODE:
        knots = [(0, low), (int(most) - int(least), high)][: 1 + (high > low)]
        # A difference may overflow a signed type, but not the unsigned type of the same size.
        samples = (clipped - least).view(f"u{values.itemsize}").astype(np.uint16)
    else:
        core, knots = _knots(np.sort(_sample(visible)).astype(np.float64), low, high, image, whole)
        low, high = core
        samples = _nearest_codes(clipped, knots)
    padding = None
    if padding_mask is not None:
        padding = int(samples.max()) + 1
        samples[padding_mask] = padding
    if samples.max() <= 255:
        samples = samples.astype(np.uint8)
    return Codes(samples, knots, low, high, padding, whole)


def _finite_values(image: GrayOrColourImage) -> tuple[np.ndarray, np.ndarray | None]:
    """The values with infinities clipped, and the mask of pixels that have no value."""
    values, padding_mask = image.pixels, image.padding
    if values.dtype.kind != "f":
        return values, padding_mask
    far = min(_FAR, float(np.finfo(values.dtype).max))
    nan = np.isnan(values)
    if nan.any():
        padding_mask = nan if padding_mask is None else padding_mask | nan
        values = np.where(nan, 0, values)
    return np.clip(values, -far, far), padding_mask


def _sample(values: np.ndarray) -> np.ndarray:
    return values[:: max(1, values.size // _SAMPLE)]


def _knots(
    ordered: np.ndarray, low: float, high: float, image: GrayOrColourImage, whole: bool
) -> tuple[tuple[float, float], list[Knot]]:
    """The range of all values but outliers, and the knots; ``ordered`` is a sorted sample."""
    if high <= low:
        return (low, high), [(0, low)]
    core, weighted = _spans(ordered, image.windows[:_MOST_WINDOWS])
    spans: list[_Span] = [(_FOR_ALL, low, high)]
    for weight, start, end in weighted:
        if whole:
            start, end = np.floor(start), np.ceil(end)
        start, end = max(start, low), min(end, high)
        if end > start:
            spans.append((weight, start, end))
    edges = np.unique([edge for _, *ends in spans for edge in ends])
    lengths = np.diff(edges)
    weights = np.zeros(lengths.size)
    for weight, start, end in spans:
        within = (edges[:-1] >= start) & (edges[1:] <= end)
        weights[within] += weight * lengths[within] / (end - start)
    steps = _distribute(weights, lengths if whole else None)
    codes = np.concatenate([[0], np.cumsum(steps)])
    knots = [(int(code), float(value)) for code, value in zip(codes, edges, strict=True)]
    return core, knots


def _spans(
    ordered: np.ndarray, windows: Sequence[Window]
) -> tuple[tuple[float, float], list[_Span]]:
    """The range of all values but outliers, and the spans that get codes, with their weights."""
    first, last = ordered[[int(_CORE * ordered.size), -1 - int(_CORE * ordered.size)]]
    window_ranges = [_window_range(window) for window in windows]
    spans: list[_Span] = [(_FOR_WINDOWS / len(window_ranges), *ends) for ends in window_ranges]
    spans.append((_FOR_CORE, first, last))
    # A span must not cross a wide gap: it would have no codes left for its values.
    gaps = np.argsort(np.diff(ordered))[-_GAPS:]
    levels = np.rint(_LEVELS * (ordered.size - 1)).astype(int)
    positions = np.unique(np.concatenate([levels, gaps, gaps + 1]))
    dense = [
        (start, end)
        for start, end in pairwise(positions)
        if end - start > 1 and ordered[end] > ordered[start]
    ]
    for start, end in dense:
        weight = _FOR_DENSE * (end - start) / ordered.size + _FOR_EACH_LEVEL / len(dense)
        spans.append((weight, ordered[start], ordered[end]))
    edges = ordered[positions]
    spans += [(0.0, start, end) for start, end in pairwise(edges)]
    # Where nearly all values are equal, the first window stands in for their range.
    start, end = window_ranges[0]
    core = (min(first, start), max(last, end)) if last <= first else (first, last)
    return (float(core[0]), float(core[1])), spans


def _window_range(window: Window) -> tuple[float, float]:
    """The values that a window does not clip (PS3.3 C.11.2.1)."""
    if window.table is not None:
        return float(window.table.first), float(window.table.first + len(window.table.values))
    reach = 2.0 if window.function == "SIGMOID" else 0.5
    return window.centre - reach * window.width, window.centre + reach * window.width


def _distribute(weights: np.ndarray, most: np.ndarray | None) -> np.ndarray:
    """Numbers of codes by weight: at least 1 each, at most ``most``, together LAST_CODE."""
    spare = LAST_CODE - weights.size
    steps = np.zeros(weights.size)
    if most is None:
        steps = weights / weights.sum() * spare
    else:  # a whole number needs one code: what a span cannot use goes to the others
        open_ = np.ones(weights.size, bool)
        while open_.any():
            left = spare - steps[~open_].sum()
            steps[open_] = weights[open_] / weights[open_].sum() * left
            full = open_ & (steps >= most - 1)
            if not full.any():
                break
            steps[full] = most[full] - 1
            open_ &= ~full
    counts: np.ndarray = 1 + np.floor(steps).astype(np.int64)
    return counts


def _nearest_codes(values: np.ndarray, knots: list[Knot]) -> np.ndarray:
    """The nearest code of each value, ``(H, W)`` uint16."""
    codes, knot_values = zip(*knots, strict=True)
    samples = np.empty(values.shape, np.uint16)
    for rows in _blocks(values.shape):
        samples[rows] = np.rint(np.interp(values[rows], knot_values, codes))
    return samples


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    rows = max(1, _BLOCK // max(1, shape[1]))
    for start in range(0, shape[0], rows):
        yield slice(start, start + rows)
