"""The table that a model reads rows of, as its bundle describes it. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dprotonet.attributes.attribute import Attribute, Value, WrongValue
from dprotonet.errors import WrongRequest
from dprotonet.modeling.digests import json_digest

MISSING = ("", "?", "na", "n/a", "nan", "null", "none")
"""What stands for a missing value in a cell, in small or capital letters."""


@dataclass(frozen=True)
class AttributeTable:
    """Columns in their order, with what a row's class and group are read from.

    Attributes:
        attributes: the columns that the model reads, in order.
        target: the column of the class; a row that is predicted need not have it.
        group: the column of the patient or group, which keeps rows of one on the same side of a
            split; "" where every row stands for itself.
    """

    attributes: tuple[Attribute, ...]
    target: str
    group: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", tuple(self.attributes))
        if not self.attributes:
            raise ValueError("a table needs at least one attribute")
        names = [*self.names, self.target, *([self.group] if self.group else [])]
        if len(set(names)) != len(names) or not all(isinstance(n, str) and n for n in names):
            raise ValueError("every column of a table has a name of its own")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes, in order."""
        return tuple(attribute.name for attribute in self.attributes)

    def row(self, values: Mapping[str, Value | None], *, line: int = 0, target: str = "") -> Row:
        """A checked row of named values, as a form or a record of the store gives them.

        Args:
            values: attribute to its value, None where it is missing; other keys are left out.
            line: where it stands in its file.
            target: its class, where that is known.

        Raises:
            WrongRequest: an attribute is not there, or has a value that it cannot have.
        """
        checked: list[Value | None] = []
        for attribute in self.attributes:
            if attribute.name not in values:
                raise WrongRequest(f"The row has no “{attribute.name}”. Add it, or leave it empty.")
            value = values[attribute.name]
            try:
                checked.append(None if value is None else attribute.check(value))
            except WrongValue as error:
                raise WrongRequest(f"“{attribute.name}” {error}.") from None
        return Row(self.names, tuple(checked), line, target)

    def units(self, row: Row) -> tuple[float, ...]:
        """Each attribute's place on its scale, in [0, 1]; the difference of two rows' says how far
        they differ in it."""
        return tuple(
            attribute.to_unit(value)
            for attribute, value in zip(self.attributes, row.values, strict=True)
        )

    def outside(self, row: Row) -> tuple[str, ...]:
        """Attributes whose value lies beyond all of the training rows': they are read as the
        nearest of those."""
        return tuple(
            attribute.name
            for attribute, value in zip(self.attributes, row.values, strict=True)
            if attribute.is_outside(value)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "attributes": [attribute.to_json() for attribute in self.attributes],
            "target": self.target,
            "group": self.group,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AttributeTable:
        """The table that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another type.
        """
        if set(data) != {"attributes", "target", "group"}:
            raise ValueError(f"these are no facts of a table: {sorted(data)}")
        attributes = tuple(map(Attribute.from_json, data["attributes"]))
        return cls(attributes, data["target"], data["group"])


@dataclass(frozen=True)
class Row:
    """One row's values, in the order of the table's attributes.

    Attributes:
        names: of the attributes.
        values: a number, the name of a category, or None where it is missing.
        line: of a CSV file the line where the row ends, the first line being 1; of a Parquet file
            the row, from 1; 0 where it came from no file.
        target: the class that the file says; "" where it says none.
        group: the patient or group that the file says; "" where it says none.
    """

    names: tuple[str, ...]
    values: tuple[Value | None, ...]
    line: int = 0
    target: str = ""
    group: str = ""

    @property
    def sha256(self) -> str:
        """64 hex digits over names and values: the same row has the same ones in any file, at any
        line, with any class or group."""
        return json_digest({"row": dict(zip(self.names, self.values, strict=True))})

    @property
    def row_id(self) -> str:
        """The first twelve digits of :attr:`sha256`: the row's stable short name."""
        return self.sha256[:12]

    @property
    def missing(self) -> tuple[str, ...]:
        """Attributes without a value."""
        return tuple(n for n, v in zip(self.names, self.values, strict=True) if v is None)

    def by_name(self) -> dict[str, Value | None]:
        """Attribute to value, as :meth:`AttributeTable.row` takes them."""
        return dict(zip(self.names, self.values, strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file or a database."""
        return asdict(self)
