"""Lines of what looks like burned-in text: small sharp shapes of one height, side by side.

A shape is a connected set of pixels that stands out from its neighbourhood, about as tall as a
letter, with an edge on all sides and a nearly even inside. Five of them in a row are a line. This
finds rendered text; handwriting, single letters and text without contrast are not found, so that
no line found never means that there is no text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dprotonet.images.deidentify.instructions import TextFound

LEAST_LETTERS = 5  # in a row: side markers such as L, R, PA, AP are shorter
_LEAST_PIECES = 3  # shapes that do not touch
_LEAST_HEIGHT = 5  # pixels of a letter
_LARGEST, _LARGE_ENOUGH = 0.08, 40  # of the image's height; pixels, where that is more
_CONTRASTS = (0.1, 0.25)  # between a letter and its neighbourhood, of white
_LEAST_CONTRAST = 0.2  # between a letter and what surrounds it
_WIDEST = 4.0  # heights: letters that touch are one shape
_LETTER = 0.75  # heights that a letter takes, where several touch
_MOST_SHAPES = 2_000  # more is a texture, and no page of text is burned into an image
_MOST_PIECES = 20_000  # the same, before any is looked at: grain of coarse noise
_MOST_LINES = 40
_LONGEST_SIDE = 2_048  # pixels: larger images are read at half the size, or less
_SIZES = (9, 31)  # pixels: half the sides of the neighbourhoods
_GAP = 1.6  # most heights between two letters of a line
_FARTHEST = 15  # heights that a line may go on beyond what was read of it
_MARGIN = 0.25  # heights around a line
_EVEN = 0.35  # most standard deviation inside a letter, of its contrast


@dataclass(frozen=True)
class _Shape:
    top: int
    left: int
    bottom: int
    right: int
    level: float  # mean of its pixels

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def letters(self) -> int:
        return max(1, round(self.width / (_LETTER * self.height)))


def text_lines(image: np.ndarray) -> tuple[TextFound, ...]:
    """Where text seems to be burned in.

    Args:
        image: ``(H, W)`` or ``(H, W, 3)`` in [0, 1] as it is shown.

    Returns:
        Boxes in pixels of the image, from the top. A box is as long as whatever stands beside its
        letters without a gap, such as letters that touch a marker and were not read as such.
    """
    grey = image.mean(axis=2) if image.ndim == 3 else image
    step = -(-max(grey.shape) // _LONGEST_SIDE)
    grey = np.ascontiguousarray(grey[:: max(step, 1), :: max(step, 1)], np.float32)
    boxes: list[tuple[int, int, int, int]] = []
    edges = np.zeros(grey.shape, bool)
    for size in _SIZES:
        around = _mean_around(grey, size)
        edges |= np.abs(grey - around) > _CONTRASTS[0]
        for sign in (1, -1):
            for contrast in _CONTRASTS:
                boxes += _lines(_shapes(sign * (grey - around) > contrast, grey))
    merged = _merged([_whole(box, edges) for box in _merged(boxes)])[:_MOST_LINES]
    return tuple(TextFound(*(side * max(step, 1) for side in box)) for box in merged)


def _mean_around(grey: np.ndarray, half: int) -> np.ndarray:
    from scipy.ndimage import uniform_filter

    mean: np.ndarray = uniform_filter(grey, 2 * half + 1, mode="nearest")
    return mean


def _shapes(mask: np.ndarray, grey: np.ndarray) -> list[_Shape]:
    from scipy.ndimage import find_objects, label

    labels, count = label(mask, structure=np.ones((3, 3)))
    if count > _MOST_PIECES:
        return []
    largest = max(_LARGE_ENOUGH, int(_LARGEST * grey.shape[0]))
    found = []
    for number, place in enumerate(find_objects(labels), start=1):
        rows, columns = place
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not _LEAST_HEIGHT <= height <= largest or not 1 <= width <= _WIDEST * height:
            continue
        inside = labels[place] == number
        filled = inside.mean()
        if filled > 0.95 and width > 0.4 * height:  # a block is no letter
            continue
        if filled < 0.12:
            continue
        found.append((place, inside))
        if len(found) > _MOST_SHAPES:
            return []
    return [shape for place, inside in found if (shape := _letter(grey, labels, place, inside))]


def _letter(
    grey: np.ndarray, labels: np.ndarray, place: tuple[slice, slice], inside: np.ndarray
) -> _Shape | None:
    """The shape, if its inside is even and it has an edge all around."""
    rows, columns = place
    window = (
        slice(max(rows.start - 2, 0), rows.stop + 2),
        slice(max(columns.start - 2, 0), columns.stop + 2),
    )
    values = grey[place][inside]
    level = float(np.percentile(values, 75)) if len(values) else 0.0
    outside = grey[window][labels[window] == 0]  # other letters are no ground
    if outside.size == 0:
        return None
    ground = float(np.median(outside))
    contrast = abs(level - ground)
    if contrast < _LEAST_CONTRAST or float(outside.std()) > _EVEN * contrast:
        return None
    return _Shape(rows.start, columns.start, rows.stop, columns.stop, level)


def _lines(shapes: list[_Shape]) -> list[tuple[int, int, int, int]]:
    """Rows of shapes of similar height and level on one base line or middle line."""
    reach = _GAP * max((shape.height for shape in shapes), default=0)
    lines: list[list[_Shape]] = []
    growing: list[list[_Shape]] = []
    for shape in sorted(shapes, key=lambda shape: shape.left):
        growing = [line for line in growing if shape.left - line[-1].right <= reach]
        for line in reversed(growing):
            if _continues(line[-1], shape):
                line.append(shape)
                break
        else:
            growing.append([shape])
            lines.append(growing[-1])
    return [
        (
            min(s.top for s in line),
            min(s.left for s in line),
            max(s.bottom for s in line),
            max(s.right for s in line),
        )
        for line in lines
        if len(line) >= _LEAST_PIECES and sum(shape.letters for shape in line) >= LEAST_LETTERS
    ]


def _continues(last: _Shape, shape: _Shape) -> bool:
    height = max(last.height, shape.height)
    apart = min(abs(last.bottom - shape.bottom), abs(last.top - shape.top))
    if apart > 0.25 * height:
        return False
    if min(last.height, shape.height) < 0.6 * height or abs(last.level - shape.level) > 0.2:
        return False
    return -0.3 * height <= shape.left - last.right <= _GAP * height


def _whole(box: tuple[int, int, int, int], edges: np.ndarray) -> tuple[int, int, int, int]:
    """A box that goes on to both sides until nothing has an edge for a letter's gap, with a margin
    for what hangs below letters or stands above them."""
    top, left, bottom, right = box
    height = bottom - top
    gap, farthest = max(1, round(_GAP * height)), _FARTHEST * height
    columns = np.flatnonzero(edges[top:bottom].any(axis=0))
    for column in columns[columns >= right]:
        if column - right >= gap or column - box[3] >= farthest:
            break
        right = int(column) + 1
    for column in columns[columns < left][::-1]:
        if left - column > gap or box[1] - column > farthest:
            break
        left = int(column)
    margin = max(1, round(_MARGIN * height))
    rows, width = edges.shape
    return (
        max(top - margin, 0),
        max(left - margin, 0),
        min(bottom + margin, rows),
        min(right + margin, width),
    )


def _merged(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Boxes that overlap become one."""
    merged: list[tuple[int, int, int, int]] = []
    for box in sorted(boxes):
        for number, other in enumerate(merged):
            if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]:
                merged[number] = (
                    min(box[0], other[0]),
                    min(box[1], other[1]),
                    max(box[2], other[2]),
                    max(box[3], other[3]),
                )
                break
        else:
            merged.append(box)
    return merged
