"""One column of a table: what it holds, and how its values become numbers in [0, 1]."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["number", "category"]
Value = float | str
"""A number, or the name of a category."""


class WrongValue(ValueError):
    """A value that an attribute cannot have: its text ends a sentence that names the column. It
    quotes nothing of the value, which may be of another column, such as a name."""


@dataclass(frozen=True)
class Attribute:
    """A column that a model reads.

    Attributes:
        name: of the column.
        kind: "number" or "category".
        fill: what a missing value is read as: of the training rows the median, or the category that
            most of them have.
        knots: of a number, at least two, rising: the values that become 0, … and 1 in even steps,
            straight lines between them. Two knots are the least and the greatest value of the
            training rows, more are their quantiles.
        categories: of a category, its names, which become 0, … and 1 in even steps.
        unit: of a number, such as "mm"; "" where it has none or it is not known.
    """

    name: str
    kind: Kind
    fill: Value
    knots: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "knots", tuple(self.knots))
        object.__setattr__(self, "categories", tuple(self.categories))
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError("an attribute needs a name")
        if not isinstance(self.unit, str):
            raise ValueError(f"the unit of {self.name!r} must be text")
        if self.kind == "number":
            self._check_number()
        elif self.kind == "category":
            self._check_category()
        else:
            raise ValueError(f"{self.name!r} is a number or a category, not {self.kind!r}")

    def _check_number(self) -> None:
        if self.categories or not is_number(self.fill):
            raise ValueError(f"the number {self.name!r} has no categories and a number as its fill")
        rising = all(a < b for a, b in zip(self.knots, self.knots[1:], strict=False))
        if len(self.knots) < 2 or not all(map(is_number, self.knots)) or not rising:
            raise ValueError(f"the knots of {self.name!r} must be two or more rising numbers")

    def _check_category(self) -> None:
        names = self.categories
        if not names or not all(isinstance(n, str) and n for n in names):
            raise ValueError(f"the category {self.name!r} needs categories with names")
        if len(set(names)) != len(names) or self.fill not in names:
            raise ValueError(f"{self.name!r} names a category twice, or its fill is none of them")
        if self.knots or self.unit:
            raise ValueError(f"the category {self.name!r} has neither knots nor a unit")

    def parse(self, text: str, *, decimal_comma: bool = False) -> Value:
        """The value that a cell's text stands for.

        Args:
            text: without blanks around it, and not one that stands for a missing value.
            decimal_comma: numbers are written as 1,5.

        Raises:
            WrongValue: it stands for none.
        """
        if self.kind == "category":
            return self.check(text)
        written = text.replace(",", ".") if decimal_comma and "." not in text else text
        try:
            if not written.isascii() or "_" in written:
                raise ValueError
            return self.check(float(written))
        except WrongValue:
            raise
        except ValueError:
            raise WrongValue(
                "holds text where a number is asked. Write a number, or leave the cell empty "
                "where it is not known"
            ) from None

    def check(self, value: object) -> Value:
        """The value, if the attribute can have it.

        Raises:
            WrongValue: it cannot.
        """
        if self.kind == "number":
            if not is_number(value):
                raise WrongValue("must be a finite number. Write one, or leave the cell empty")
            return float(value)  # type: ignore[arg-type]
        if value not in self.categories:
            known = ", ".join(self.categories[:8]) + (", …" if len(self.categories) > 8 else "")
            raise WrongValue(
                f"has a category that the model does not know. Write one of {known}, or leave the "
                "cell empty"
            )
        return str(value)

    def to_unit(self, value: Value | None) -> float:
        """Where a value lies on the attribute's scale, in [0, 1]; None counts as ``fill``.

        A number beyond the outermost knots becomes 0 or 1.
        """
        value = self.fill if value is None else value
        if self.kind == "category":
            last = len(self.categories) - 1
            return self.categories.index(str(value)) / last if last else 0.0
        knots, number = self.knots, float(value)
        if number <= knots[0]:
            return 0.0
        if number >= knots[-1]:
            return 1.0
        low = bisect_right(knots, number) - 1
        part = (number - knots[low]) / (knots[low + 1] - knots[low])
        return (low + part) / (len(knots) - 1)

    def is_outside(self, value: Value | None) -> bool:
        """Whether a number lies beyond all of the training rows'."""
        if value is None or self.kind == "category":
            return False
        return not self.knots[0] <= float(value) <= self.knots[-1]

    def text(self, value: Value | None) -> str:
        """The value as a page shows it, with its unit; "" where it is missing."""
        if value is None or isinstance(value, str):
            return value or ""
        return f"{value:.6g} {self.unit}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """Plain values; what the kind has not is left out."""
        values: dict[str, Any] = {"name": self.name, "kind": self.kind, "fill": self.fill}
        if self.kind == "number":
            return values | {"knots": list(self.knots)} | ({"unit": self.unit} if self.unit else {})
        return values | {"categories": list(self.categories)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Attribute:
        """The attribute that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another type.
        """
        try:
            return cls(**data)
        except TypeError as error:
            raise ValueError(f"these are no facts of an attribute ({error})") from error


def is_number(value: object) -> bool:
    """Whether it is a finite number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
