"""A table as a data set: every row is a sample whose image an encoding makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from dprotonet.attributes.encodings.encoding import Encoding
from dprotonet.attributes.row_images import RowImages
from dprotonet.errors import ReadableError
from training.data.splits import by_split
from training.datasets.samples import Dataset, Sample
from training.datasets.tabular.description import describe, rows_of
from training.datasets.tabular.fitted import fit_encoding
from training.datasets.tabular.known import known_table
from training.datasets.tabular.source import SourceTable, read_table, row_name
from training.recipe import Recipe


def load(data: Path | None, recipe: Recipe) -> Dataset:
    """The table that ``data`` holds, or that the recipe names, fitted on its training split.

    Args:
        data: a CSV or Parquet file, or None for the recipe's ``table``, which ships with a package.

    Raises:
        ReadableError: there is no such table, it cannot be read, or it cannot be encoded.
    """
    source = source_of(data, recipe)
    parts = by_split(bare_samples(source))
    at = {sample.sample_id: i for i, sample in enumerate(bare_samples(source))}
    train, validation = (
        [at[sample.sample_id] for sample in parts[side]] for side in ("train", "validation")
    )
    return fitted_dataset(source, recipe, train, validation)


def source_of(data: Path | None, recipe: Recipe) -> SourceTable:
    """The cells of the table that ``data`` holds, or that the recipe names.

    Raises:
        ReadableError: there is no such table, or it cannot be read.
    """
    if data is not None:
        return read_table(data, recipe.target, recipe.group, recipe.negative_class)
    if not recipe.table:
        raise ReadableError(
            "Give a CSV or Parquet file by --data, or a table that ships with a package by "
            "--set table=wisconsin."
        )
    return known_table(recipe.table)


def bare_samples(source: SourceTable) -> tuple[Sample, ...]:
    """Rows with their group and class, before they have images."""
    classes = classes_of(source)
    return tuple(
        Sample(row_name(line), None, group, classes.index(target))
        for line, group, target in zip(
            source.cells.lines, source.groups, source.targets, strict=True
        )
    )


def classes_of(source: SourceTable) -> tuple[str, ...]:
    """Names of the classes, in alphabetical order."""
    return tuple(sorted(set(source.targets)))


def fitted_dataset(
    source: SourceTable, recipe: Recipe, train: Sequence[int], validation: Sequence[int]
) -> Dataset:
    """The data set whose scales and encoding are fitted on some rows.

    Args:
        train: indices of those rows.
        validation: indices of rows that an order of attributes may be chosen on.

    Raises:
        ReadableError: the table cannot be described or encoded.
    """
    table = describe(
        source,
        train,
        scaling=recipe.scaling,
        categories=_names(recipe.categories),
        left_out=_names(recipe.left_out),
    )
    rows, bare = rows_of(source, table), bare_samples(source)
    units = np.array([table.units(row) for row in rows])
    labels = np.array([sample.label for sample in bare])
    on = list(validation)
    encoding = fit_encoding(
        recipe, units[list(train)], labels[list(train)], (units[on], labels[on])
    )
    images = RowImages(table, encoding)
    samples = tuple(
        replace(
            one,
            make=partial(images.image, row),
            row=row,
            varied=partial(_near, encoding, places, recipe.row_noise) if recipe.row_noise else None,
        )
        for one, row, places in zip(bare, rows, units, strict=True)
    )
    return Dataset(
        source.name,
        classes_of(source),
        source.negative_class,
        samples,
        source.licence,
        source.note,
        rows=images,
    )


def _near(encoding: Encoding, units: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """``(3, S, S)`` uint8 of a row whose places on its scales are moved at random."""
    moved = np.random.default_rng(seed).normal(units, noise).clip(0, 1)
    return np.ascontiguousarray(encoding.pixels(moved.tolist()).transpose(2, 0, 1))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
