"""What a reader draws on an image: shapes on its native grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from app.domain.errors import Refused

Kind = Literal["rectangle", "ellipse", "outline", "length", "angle", "point"]
Purpose = Literal["finding", "measure", "region"]
"""finding: where the reader sees it; measure: a length, an angle, an area; region: what was hidden
or kept to see what the model says then."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
POINTS: Mapping[str, tuple[int, int]] = {
    "rectangle": (2, 2),
    "ellipse": (2, 2),
    "outline": (3, 2000),
    "length": (2, 2),
    "angle": (3, 3),
    "point": (1, 1),
}
"""Fewest and most points of each kind."""
MOST_MARKS = 100
LONGEST_TEXT = 200  # characters
_FAR = 1e6  # pixels

Point = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """One shape.

    Points are (column, row) in pixels of the native grid, measured from the outer corner of the
    first pixel, so that the centre of that pixel is (0.5, 0.5). A rectangle and an ellipse have two
    opposite corners of the box around them, an angle has its vertex second, an outline is closed.
    """

    kind: Kind
    points: tuple[Point, ...]
    purpose: Purpose = "finding"
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in POINTS:
            raise Refused(f"“{self.kind}” is no shape. Choose: {', '.join(POINTS)}.")
        if self.purpose not in PURPOSES:
            raise Refused(f"“{self.purpose}” is no purpose. Choose: {', '.join(PURPOSES)}.")
        fewest, most = POINTS[self.kind]
        if not fewest <= len(self.points) <= most:
            raise Refused(
                f"A shape of the kind “{self.kind}” has {fewest} to {most} points, not "
                f"{len(self.points)}. Draw it again."
            )
        if not all(math.isfinite(n) and abs(n) <= _FAR for point in self.points for n in point):
            raise Refused("A point of this shape lies nowhere near the image. Draw it again.")
        if len(self.text) > LONGEST_TEXT:
            raise Refused(f"The note on a shape has at most {LONGEST_TEXT} characters. Shorten it.")

    def to_json(self) -> dict[str, Any]:
        """As the browser and the store keep it."""
        return {
            "kind": self.kind,
            "points": [list(point) for point in self.points],
            "purpose": self.purpose,
            "text": self.text,
        }


def marks_from_json(document: object) -> tuple[Mark, ...]:
    """The shapes that a browser sent or the store kept.

    Raises:
        Refused: it is no list of shapes, or a shape contradicts itself.
    """
    if not isinstance(document, Sequence) or isinstance(document, str):
        raise Refused("These are no shapes. Reload the page, then draw them again.")
    if len(document) > MOST_MARKS:
        raise Refused(f"An image has at most {MOST_MARKS} shapes. Remove some.")
    return tuple(_mark(entry) for entry in document)


def _mark(entry: object) -> Mark:
    try:
        if not isinstance(entry, Mapping):
            raise TypeError
        points = tuple((float(column), float(row)) for column, row in entry["points"])
        purpose, text = entry.get("purpose", "finding"), entry.get("text", "")
        if not isinstance(text, str) or not isinstance(entry["kind"], str):
            raise TypeError
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Refused("This is no shape. Reload the page, then draw it again.") from None
    return Mark(entry["kind"], points, purpose, text)  # type: ignore[arg-type]
