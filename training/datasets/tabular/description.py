"""The description of a table, fitted on its training rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np

from dprotonet.attributes.attribute import Attribute, WrongValue
from dprotonet.attributes.reading import is_missing, text_of
from dprotonet.attributes.table import AttributeTable, Row
from dprotonet.errors import ReadableError, UnreadableTable
from training.datasets.tabular.source import SourceTable

Scaling = Literal["range", "quantiles"]
MOST_CATEGORIES = 50
QUANTILES = 9  # knots of a scale by quantiles
_READS = Attribute("any", "number", 0.0, knots=(0.0, 1.0))


def describe(
    source: SourceTable,
    train: Sequence[int],
    *,
    scaling: Scaling = "quantiles",
    categories: Collection[str] = (),
    left_out: Collection[str] = (),
) -> AttributeTable:
    """Which columns a model reads, and how.

    A column of numbers is a number, every other one a category, whose names are those of all rows;
    scale and fill come from the training rows alone.

    Args:
        train: indices of the training rows.
        scaling: "range": the least and the greatest number are 0 and 1; "quantiles": eight parts of
            the scale hold as many rows each.
        categories: columns of numbers that are categories all the same.
        left_out: columns that the model does not read.

    Raises:
        ReadableError: a column that is named is not there, a column of text has too many
            categories, or no column is left.
    """
    for name in (*categories, *left_out):
        if name not in source.cells.columns:
            raise ReadableError(f"The table has no column “{name}”. Name one of its columns.")
    attributes = []
    for name in source.cells.columns:
        if name in (source.target, source.group, *left_out) or not name:
            continue
        attribute = _attribute(source, name, train, scaling, name in categories)
        if attribute is not None:
            attributes.append(attribute)
    if not attributes:
        raise ReadableError("No column with values is left beside the target. Add attributes.")
    return AttributeTable(tuple(attributes), source.target, source.group)


def rows_of(source: SourceTable, table: AttributeTable) -> tuple[Row, ...]:
    """All rows, checked.

    Raises:
        UnreadableTable: a cell cannot be what its column is.
    """
    cells, rows = source.cells, []
    for record, line, target, group in zip(
        cells.records, cells.lines, source.targets, source.groups, strict=True
    ):
        values = []
        for attribute in table.attributes:
            cell = record[attribute.name]
            try:
                values.append(
                    None
                    if is_missing(cell)
                    else attribute.parse(text_of(cell), decimal_comma=cells.decimal_comma)
                )
            except WrongValue as error:
                raise UnreadableTable(
                    f"{cells.line_word} {line}, column “{attribute.name}”: the cell {error}."
                ) from None
        rows.append(Row(table.names, tuple(values), line, target, group))
    return tuple(rows)


def _attribute(
    source: SourceTable, name: str, train: Sequence[int], scaling: Scaling, as_category: bool
) -> Attribute | None:
    """None where the column holds one value at most: it tells no rows apart."""
    cells = [record[name] for record in source.cells.records]
    there = [text_of(cell) for cell in cells if not is_missing(cell)]
    of_training = [text_of(cells[i]) for i in train if not is_missing(cells[i])]
    if not of_training or len(set(there)) < 2:
        return None
    try:
        if as_category:
            raise WrongValue
        comma = source.cells.decimal_comma
        for text in there:
            _READS.parse(text, decimal_comma=comma)
        numbers = [float(_READS.parse(text, decimal_comma=comma)) for text in of_training]
    except WrongValue:
        return _category(name, there, of_training)
    knots = _knots(numbers, scaling)
    if len(knots) < 2:
        return None
    unit = (source.units or {}).get(name, "")
    return Attribute(name, "number", float(np.median(numbers)), knots=knots, unit=unit)


def _knots(numbers: Sequence[float], scaling: Scaling) -> tuple[float, ...]:
    parts = np.linspace(0, 1, QUANTILES if scaling == "quantiles" else 2)
    return tuple(np.unique(np.quantile(numbers, parts)).tolist())


def _category(name: str, there: Sequence[str], of_training: Sequence[str]) -> Attribute:
    names = tuple(sorted(set(there)))
    if len(names) > MOST_CATEGORIES:
        raise ReadableError(
            f"The column “{name}” holds {len(names)} different texts; at most {MOST_CATEGORIES} "
            "are taken as categories. Leave it out by --set left_out=COLUMN, or write numbers."
        )
    fill = min(Counter(of_training).items(), key=lambda one: (-one[1], one[0]))[0]
    return Attribute(name, "category", fill, categories=names)
