"""One file for each film: what every method reached on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.datasets.samples import Sample
from training.io import write_text

_DIGITS = 12  # hexadecimal, of a hash that stands for an id


def hashed(text: str) -> str:
    """An id that tells nobody whose it is."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def row_name(position: int, sample: Sample) -> str:
    """A film's place in its split, and its hashed id."""
    return f"{position:05d}-{hashed(sample.sample_id)}"


def row_file(out: Path, name: str) -> Path:
    """Where a film's row lies."""
    return out / "rows" / f"{name}.json"


def read_row(file: Path) -> dict[str, Any] | None:
    """A film's row, None where nothing is done yet."""
    if not file.is_file():
        return None
    row: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return row


def write_row(file: Path, row: Mapping[str, Any]) -> None:
    """One line for each key and each method; the file is whole or not there."""
    head = [f" {_text(key)}: {_text(value)}" for key, value in row.items() if key != "methods"]
    methods = [f"  {_text(name)}: {_text(found)}" for name, found in row["methods"].items()]
    body = ",\n".join([*head, ' "methods": {\n' + ",\n".join(methods) + "\n }"])
    write_text(file, "{\n" + body + "\n}\n")


def finished(out: Path, films: Sequence[str], methods: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows in which every one of the methods is done."""
    for name in films:
        row = read_row(row_file(out, name))
        if row is not None and set(methods) <= set(row["methods"]):
            yield row


def rounded(value: Any, digits: int = 5) -> Any:
    """Floats in nested plain values, rounded to what a pass in float32 can tell."""
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, Mapping):
        return {key: rounded(one, digits) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(one, digits) for one in value]
    return value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
