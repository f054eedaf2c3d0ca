"""A row of a table as a case: what is kept of it, byte for byte.

A row is kept as a small file of its own: the values of the attributes that a model reads, and the
pseudonym of the group (a patient) that it belongs to. Every other column of the table, an
identifier above all, ends at the door. Equal rows are equal files, so that a row that comes twice
is one case, as an image is.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.errors import Refused

FORMAT = "row"
"""Of a case's facts, where those of images say png or dicom."""
LARGEST = 1 << 20
"""Bytes of a row; one of 10,000 numbers has a quarter of that."""
_START = b'{"dprotonet":"row/1",'
_DAMAGED = "This row of a table is damaged. Upload the table again."

Value = float | str | None
"""A number, one of a few words, or None where it is missing."""


@dataclass(frozen=True)
class TableRow:
    """The values of one row, by attribute."""

    values: Mapping[str, Value]
    group: str = ""
    """Pseudonym of whom the row is of; empty where that is not known or not kept."""

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a row needs at least one value")
        for name, value in self.values.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"the value of {name!r} is no finite number")

    def to_bytes(self) -> bytes:
        """The row as it is kept: JSON, attributes in alphabetical order; numbers as the shortest
        text that gives the same number again."""
        kept = {
            "dprotonet": "row/1",
            "group": self.group,
            "values": {name: self.values[name] for name in sorted(self.values)},
        }
        return json.dumps(kept, separators=(",", ":"), allow_nan=False).encode("ascii")

    @property
    def values_sha256(self) -> str:
        """Equal where all values are, whoever the row is of."""
        return hashlib.sha256(TableRow(self.values).to_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, data: bytes) -> TableRow:
        """A kept row.

        Raises:
            Refused: it is none, or not as this program writes it.
        """
        try:
            kept = json.loads(data)
            values = {str(name): _value(value) for name, value in kept["values"].items()}
            row = cls(values, str(kept["group"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused(_DAMAGED) from None
        if row.to_bytes() != data:
            raise Refused(_DAMAGED)
        return row


def is_kept_row(head: bytes) -> bool:
    """Do these first bytes of a file begin a kept row?"""
    return head.startswith(_START)


def _value(value: object) -> Value:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("neither a number nor a word")
    return float(value)
