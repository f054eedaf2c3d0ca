"""A record as one row of a table: the columns of the CSV, with types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dprotonet.cli.records import SKIPPED
from dprotonet.tables.parquet import Kind

Record = Mapping[str, Any]

_IMAGE: dict[str, Kind] = {
    "path": "text",
    "path_bytes": "text",
    "frame": "integer",
    "sha256": "text",
}
_SUPPORT: dict[str, Kind] = {"supported": "flag", "distance": "number", "reasons": "text"}
_HEATMAP: dict[str, Kind] = {
    "asked": "text",
    "node": "text",
    "method": "text",
    "tier": "text",
    "drawn_by": "text",
    "seed": "integer",
    "prediction": "text",
    **_SUPPORT,
    "value_before": "number",
    "value_after": "number",
    "area": "number",
    "stop_reason": "text",
    "measured": "flag",
    "insertion_auc": "number",
    "deletion_auc": "number",
    "rows": "integer",
    "columns": "integer",
    "heatmap": "text",
    "overlay": "text",
    "record": "text",
    "error": "text",
}


@dataclass(frozen=True)
class Table:
    """The columns of a command's records."""

    columns: Mapping[str, Kind]
    row: Callable[[Record], dict[str, object]]
    """One record's row."""


def prediction_table(classes: Sequence[str], *, names_site: bool) -> Table:
    """The rows of ``predict``: one column a class, named as the class is; where that is the name
    of another column, ``p(NAME)``."""
    other: dict[str, Kind] = {**_IMAGE, "prediction": "text", **_SUPPORT, "error": "text"}
    if names_site:
        other["site"] = "text"
    names = {name: f"p({name})" if name in other else name for name in classes}
    columns: dict[str, Kind] = {**_IMAGE, "prediction": "text"}
    columns |= dict.fromkeys(names.values(), "number")
    columns |= {name: kind for name, kind in other.items() if name not in columns}

    def row(record: Record) -> dict[str, object]:
        probabilities = record.get("probabilities") or {}
        return {
            **_beginning(record),
            **{column: probabilities.get(name) for name, column in names.items()},
            "site": (record.get("site") or {}).get("digest"),
        }

    return Table(columns, row)


def explanation_table() -> Table:
    """The rows of ``explain``."""

    def row(record: Record) -> dict[str, object]:
        measured = record.get("faithfulness") or {}
        return {
            **{name: record.get(name) for name in _HEATMAP},
            **_beginning(record),
            **{name: measured.get(name) for name in ("insertion_auc", "deletion_auc")},
            **(record.get("files") or {}),
        }

    return Table({**_IMAGE, **_HEATMAP}, row)


def _beginning(record: Record) -> dict[str, object]:
    support = record.get("support") or {}
    skipped = record.get("skipped")
    return {
        **{name: record.get(name) for name in _IMAGE},
        "prediction": record.get("prediction"),
        "supported": record.get("supported"),
        "distance": support.get("distance"),
        "reasons": "; ".join(support["reasons"]) if support else None,
        "error": record.get("error") if skipped is None else SKIPPED + skipped,
    }
