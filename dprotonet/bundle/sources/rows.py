"""Rows of the prototypes' sources to the bytes of a JSON file and back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dprotonet.attributes.table import AttributeTable, Row
from dprotonet.errors import UnusableBundle, WrongRequest


def rows_to_bytes(rows: Mapping[str, Row]) -> bytes:
    """A JSON file of sample id to the values by attribute, and the class; no group is kept."""
    values = {key: {"values": row.by_name(), "target": row.target} for key, row in rows.items()}
    return (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def rows_from_bytes(data: bytes, table: AttributeTable, name: str) -> dict[str, Row]:
    """The rows of a bundle.

    Args:
        data: of source-rows.json.
        table: of the bundle.
        name: of the bundle, for the error.

    Raises:
        UnusableBundle: they are not rows of that table.
    """
    try:
        return {
            key: table.row(one["values"], target=one["target"])
            for key, one in json.loads(data).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, WrongRequest) as error:
        raise UnusableBundle(
            f"The source rows of the model {name!r} cannot be used ({error}). Save the model again."
        ) from error
