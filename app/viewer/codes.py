"""Grey values as 16-bit codes for the browser, spent where windows can tell values apart.

Whole numbers that span fewer than 65,535 steps have a code each. For all others a code stands for a
short stretch of values: a straight line between *knots* says which. Steps of one width would do for
most images, but a single hot pixel of 1e9 would leave them none for the anatomy. So the steps are
shared out: to the ranges of the windows that are offered, to the range of all but a few values, to
where the values lie, and a few to everything else, so that no value is without a code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dprotonet.images.types import GrayOrColourImage
from dprotonet.images.windows import Window

LAST_CODE = (1 << 16) - 2  # one more is left for padding
_FAR = 8e307  # infinity, as far as arithmetic on it goes well
_SAMPLE = 1 << 18  # values from which it is told where they lie
_TAILS = (1e-4, 3e-4, 1e-3, 3e-3, 6e-3, 1e-2)
_LEVELS = np.array([0, *_TAILS, *np.arange(1, 64) / 64, *(1 - t for t in reversed(_TAILS)), 1])
_GAPS = 32  # the widest gaps between values, whose ends are knots
_CORE = 1e-3  # fraction at each end that counts as outliers
_MOST_WINDOWS = 64
# Fractions of the codes; together 1.
_FOR_WINDOWS, _FOR_CORE, _FOR_DENSE, _FOR_EACH_LEVEL, _FOR_ALL = 0.36, 0.26, 0.18, 0.18, 0.02
_BLOCK = 1 << 20  # values that are coded at a time

Knot = tuple[int, float]
_Span = tuple[float, float, float]  # weight, from, to


@dataclass(frozen=True, eq=False)
class Codes:
    """One frame as the browser gets it."""

    samples: np.ndarray  # (H, W) uint8 or uint16
    knots: list[Knot]  # code and its value, rising; straight between them
    low: float  # the range that the reader's window moves in
    high: float
    padding: int | None  # the code of pixels that have no value
    whole: bool  # the values are whole numbers

    @property
    def values(self) -> np.ndarray:
        """The value of each code that occurs, ``(n,)`` float64; that of padding means nothing."""
        return code_values(self.knots, int(self.samples.max()) + 1)


def code_values(knots: Sequence[Knot], count: int) -> np.ndarray:
    """The values of the codes 0 … count - 1, ``(count,)`` float64."""
    codes, values = zip(*knots, strict=True)
    return np.interp(np.arange(count), codes, values)


def coded(image: GrayOrColourImage) -> Codes:
    """The codes of a grey image."""
    values, hidden = _real(image)
    counted = values.reshape(-1) if hidden is None else values[~hidden]
    if counted.size == 0:
        counted = values.reshape(-1)
    whole = values.dtype.kind in "iu"
    least, most = counted.min(), counted.max()
    low, high = float(least), float(most)
    # Padding may lie outside what counts: it is brought inside here and marked below.
    inside = np.clip(values, least, most)
    if whole and int(most) - int(least) <= LAST_CODE:
        knots = [(0, low), (int(most) - int(least), high)][: 1 + (high > low)]
        # A difference may leave a signed type, but not the unsigned one of its size.
        samples = (inside - least).view(f"u{values.itemsize}").astype(np.uint16)
    else:
        core, knots = _knots(np.sort(_some_of(counted)).astype(np.float64), low, high, image, whole)
        low, high = core
        samples = _interpolated(inside, knots)
    padding = None
    if hidden is not None:
        padding = int(samples.max()) + 1
        samples[hidden] = padding
    if samples.max() <= 255:
        samples = samples.astype(np.uint8)
    return Codes(samples, knots, low, high, padding, whole)


def _real(image: GrayOrColourImage) -> tuple[np.ndarray, np.ndarray | None]:
    """The values without infinities, and where there is none."""
    values, hidden = image.pixels, image.padding
    if values.dtype.kind != "f":
        return values, hidden
    far = min(_FAR, float(np.finfo(values.dtype).max))
    none = np.isnan(values)
    if none.any():
        hidden = none if hidden is None else hidden | none
        values = np.where(none, 0, values)
    return np.clip(values, -far, far), hidden


def _some_of(counted: np.ndarray) -> np.ndarray:
    return counted[:: max(1, counted.size // _SAMPLE)]


def _knots(
    ordered: np.ndarray, low: float, high: float, image: GrayOrColourImage, whole: bool
) -> tuple[tuple[float, float], list[Knot]]:
    """The range that all but outliers lie in, and the knots; ``ordered`` values are a sample."""
    if high <= low:
        return (low, high), [(0, low)]
    core, shared = _spans(ordered, image.windows[:_MOST_WINDOWS])
    spans: list[_Span] = [(_FOR_ALL, low, high)]
    for weight, start, end in shared:
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
    steps = _shared_out(weights, lengths if whole else None)
    codes = np.concatenate([[0], np.cumsum(steps)])
    knots = [(int(code), float(value)) for code, value in zip(codes, edges, strict=True)]
    return core, knots


def _spans(
    ordered: np.ndarray, windows: Sequence[Window]
) -> tuple[tuple[float, float], list[_Span]]:
    """The core, and what codes are spent on, with its weight."""
    first, last = ordered[[int(_CORE * ordered.size), -1 - int(_CORE * ordered.size)]]
    ranges = [_range(window) for window in windows]
    spans: list[_Span] = [(_FOR_WINDOWS / len(ranges), *ends) for ends in ranges]
    spans.append((_FOR_CORE, first, last))
    # A gap belongs to neither side: a stretch that held it would have no steps for its values.
    gaps = np.argsort(np.diff(ordered))[-_GAPS:]
    levels = np.rint(_LEVELS * (ordered.size - 1)).astype(int)
    places = np.unique(np.concatenate([levels, gaps, gaps + 1]))
    stretches = [
        (start, end)
        for start, end in pairwise(places)
        if end - start > 1 and ordered[end] > ordered[start]
    ]
    for start, end in stretches:
        weight = _FOR_DENSE * (end - start) / ordered.size + _FOR_EACH_LEVEL / len(stretches)
        spans.append((weight, ordered[start], ordered[end]))
    edges = ordered[places]
    spans += [(0.0, start, end) for start, end in pairwise(edges)]
    # Where nearly all values are equal, the window of the file says what is of interest.
    start, end = ranges[0]
    core = (min(first, start), max(last, end)) if last <= first else (first, last)
    return (float(core[0]), float(core[1])), spans


def _range(window: Window) -> tuple[float, float]:
    """The values that a window tells apart (PS3.3 C.11.2.1)."""
    if window.table is not None:
        return float(window.table.first), float(window.table.first + len(window.table.values))
    reach = 2.0 if window.function == "SIGMOID" else 0.5
    return window.centre - reach * window.width, window.centre + reach * window.width


def _shared_out(weights: np.ndarray, most: np.ndarray | None) -> np.ndarray:
    """Whole numbers of codes by weight, at least 1 each, at most ``most``; LAST_CODE together."""
    spare = LAST_CODE - weights.size
    steps = np.zeros(weights.size)
    if most is None:
        steps = weights / weights.sum() * spare
    else:  # a whole number wants one code: what it cannot use goes to the others
        open_ = np.ones(weights.size, bool)
        while open_.any():
            left = spare - steps[~open_].sum()
            steps[open_] = weights[open_] / weights[open_].sum() * left
            full = open_ & (steps >= most - 1)
            if not full.any():
                break
            steps[full] = most[full] - 1
            open_ &= ~full
    found: np.ndarray = 1 + np.floor(steps).astype(np.int64)
    return found


def _interpolated(values: np.ndarray, knots: list[Knot]) -> np.ndarray:
    """The nearest code of each value, ``(H, W)`` uint16."""
    codes, at = zip(*knots, strict=True)
    samples = np.empty(values.shape, np.uint16)
    for rows in _blocks(values.shape):
        samples[rows] = np.rint(np.interp(values[rows], at, codes))
    return samples


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    rows = max(1, _BLOCK // max(1, shape[1]))
    for start in range(0, shape[0], rows):
        yield slice(start, start + rows)
