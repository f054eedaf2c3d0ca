"""Towards what part of the patient the edges of an image lie."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydicom.dataset import Dataset

from dprotonet.images.dicom.header import frame_part, numbers, text
from dprotonet.images.types import PatientDirections

_OPPOSITE = {"A": "P", "P": "A", "L": "R", "R": "L", "H": "F", "F": "H"}
_AXES = (("L", "R"), ("P", "A"), ("H", "F"))  # where x, y and z grow, PS3.3 C.7.6.2.1.1
_LEAST = 0.25  # of a unit vector, about 15°: less of an axis gets no letter
_SLACK = 0.02  # of length and right angle, as writers round


def patient_directions(header: Dataset, frame: int) -> PatientDirections | None:
    """From the orientation in space, or else from the letters that the file states.

    Args:
        header: the whole header.
        frame: counted from 0; the functional groups of an enhanced file hold an orientation each.

    Returns:
        None where the file states neither, contradicts itself, or shows no two-legged patient.
    """
    part = frame_part(header, frame, "PlaneOrientationSequence")
    cosines = numbers(part, "ImageOrientationPatient") or numbers(header, "ImageOrientationPatient")
    if _are_axes(cosines):
        return _between(_letters(cosines[:3]), _letters(cosines[3:]))
    stated = [word.strip().upper() for word in text(header, "PatientOrientation").split("\\")]
    if len(stated) != 2 or not all(_is_direction(word) for word in stated):
        return None
    right, bottom = stated
    if set(bottom) & set(right + _opposite(right)):  # both along one axis
        return None
    return _between(right, bottom)


def _between(right: str, bottom: str) -> PatientDirections:
    """PS3.3 C.7.6.1.1.1: a row runs to the right edge, a column to the bottom."""
    return PatientDirections(
        left=_opposite(right), top=_opposite(bottom), right=right, bottom=bottom
    )


def _opposite(letters: str) -> str:
    return "".join(_OPPOSITE[letter] for letter in letters)


def _is_direction(word: str) -> bool:
    if not (1 <= len(word) <= 3 and set(word) <= _OPPOSITE.keys()):
        return False
    return len(set(word + _opposite(word))) == 2 * len(word)  # no axis twice


def _are_axes(cosines: Sequence[float]) -> bool:
    """Two unit vectors at a right angle."""
    if len(cosines) != 6:
        return False
    row, column = cosines[:3], cosines[3:]
    across = sum(a * b for a, b in zip(row, column, strict=True))
    lengths = (math.hypot(*row), math.hypot(*column))
    return abs(across) < _SLACK and all(abs(length - 1) < _SLACK for length in lengths)


def _letters(vector: Sequence[float]) -> str:
    """The letters of the axes that a direction follows, the one that it follows most first."""
    sizes = sorted(
        (
            (abs(size), letters[size < 0])
            for size, letters in zip(vector, _AXES, strict=True)
            if abs(size) >= _LEAST
        ),
        key=lambda axis: -axis[0],
    )
    return "".join(letter for _, letter in sizes)
