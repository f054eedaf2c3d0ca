"""An image's row: its name, and the results of every method on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from training.datasets.samples import Sample

Row = dict[str, Any]
_DIGITS = 12  # hexadecimal, of a hash that stands for an id


def hashed(text: str) -> str:
    """An id from which nobody learns whose it is."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def row_name(position: int, sample: Sample) -> str:
    """An image's place in its split, and its hashed id; the key of its row."""
    return f"{position:05d}-{hashed(sample.sample_id)}"


def finished(rows: Mapping[str, Row], images: Sequence[str], methods: Sequence[str]) -> list[Row]:
    """The images' rows that hold the results of every one of the methods.

    Args:
        rows: by :func:`row_name`.
        images: names of the rows.
        methods: names.
    """
    own = (rows[name] for name in images if name in rows)
    return [row for row in own if set(methods) <= set(row["methods"])]


def rounded(value: Any, digits: int = 5) -> Any:
    """Floats in nested plain values, rounded to the digits that a float32 pass supports."""
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, Mapping):
        return {key: rounded(entry, digits) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(entry, digits) for entry in value]
    return value
