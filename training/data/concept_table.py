"""What images show beside their class, as a table of yes, no and unknown: the concepts of axes.

The rows come from the data set itself (the phantom knows its devices and its marks), from what is
known of the patient and the view, and from a table or a folder of the user's.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.errors import ReadableError
from training.data.concept_folders import folder_concepts
from training.datasets.samples import Sample
from training.recipe import Recipe

LEAST = 20  # training images that show a concept, and as many that do not
OLD = 60  # years
YES, NO, UNKNOWN = 1, 0, -1
_WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, eq=False)
class ConceptTable:
    """N images and k concepts.

    Attributes:
        names: k.
        values: ``(N, k)`` int8: 1 where an image shows a concept, 0 where not, -1 where unknown.
    """

    names: tuple[str, ...]
    values: NDArray[np.int8]

    def showing(self, concept: int, among: Tensor) -> Tensor:
        """Of these rows those that show a concept."""
        return among[torch.from_numpy(self.values[among.numpy(), concept] == YES)]


def concept_table(samples: Sequence[Sample], recipe: Recipe, train: Tensor) -> ConceptTable:
    """The concepts that a recipe names, or all that enough of the training images show.

    Args:
        samples: N.
        recipe: names concepts, and the user's table or folder.
        train: ``(n,)`` rows.

    Raises:
        ReadableError: there is none, a named one is unknown or too rare, or the user's table or
            folder cannot be read.
    """
    rows = [known_concepts(sample) for sample in samples]
    if recipe.concept_table:
        place = Path(recipe.concept_table)
        ids = [sample.sample_id for sample in samples]
        own = folder_concepts(place, ids) if place.is_dir() else read_concepts(place)
        rows = [row | own.get(s.sample_id, {}) for row, s in zip(rows, samples, strict=True)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    values = np.full((len(rows), len(names)), UNKNOWN, dtype=np.int8)
    for row, known in enumerate(rows):
        for name, shown in known.items():
            values[row, names.index(name)] = YES if shown else NO
    table = ConceptTable(tuple(names), values)
    chosen = _chosen(table, recipe, train)
    return ConceptTable(tuple(names[c] for c in chosen), values[:, chosen])


def known_concepts(sample: Sample) -> dict[str, bool]:
    """Of one image: what its data set says, then view, sex and age where they are known."""
    known = dict(sample.concepts)
    if sample.view in ("AP", "PA"):
        known["AP view"] = sample.view == "AP"
    if sample.sex:
        known["female"] = sample.sex == "F"
    if sample.age is not None:
        known[f"{OLD} or older"] = sample.age >= OLD
    return known


def read_concepts(file: Path) -> Mapping[str, dict[str, bool]]:
    """The user's table: by image what it shows. An empty field is not known.

    Raises:
        ReadableError: it is no such table; the sentence names the line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            names = [name.strip() for name in next(reader, [])]
            if len(names) < 2 or not all(names):
                raise ReadableError(
                    f"{file.name} names no concepts. Its first line needs a name for the column of "
                    "images and one for each concept."
                )
            return {
                line[0]: _known(file, number, names[1:], line[1:])
                for number, line in enumerate(reader, start=2)
                if line
            }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReadableError(
            f"The table of concepts {file.name} cannot be read ({error}). Give a CSV file in UTF-8."
        ) from error


def _known(file: Path, number: int, names: Sequence[str], fields: Sequence[str]) -> dict[str, bool]:
    if len(fields) != len(names):
        raise ReadableError(
            f"Line {number} of {file.name} has {len(fields)} concepts, the first line names "
            f"{len(names)}. Give each line as many."
        )
    known = {}
    for name, text in zip(names, fields, strict=True):
        word = text.strip().lower()
        if not word:
            continue
        if word not in _WORDS:
            raise ReadableError(
                f"Line {number} of {file.name} says {text!r} of {name}. Give 1, 0, or nothing "
                "where it is not known."
            )
        known[name] = _WORDS[word]
    return known


def _chosen(table: ConceptTable, recipe: Recipe, train: Tensor) -> list[int]:
    counts = {
        name: tuple(int((table.values[train.numpy(), c] == v).sum()) for v in (YES, NO))
        for c, name in enumerate(table.names)
    }
    wanted = [name.strip() for name in recipe.concepts.split(",") if name.strip()]
    if not wanted:
        wanted = [name for name, count in counts.items() if min(count) >= LEAST]
        if not wanted:
            raise ReadableError(
                f"No concept is shown by {LEAST} training images and absent from as many. Give a "
                "table or a folder by --set concept_table=PATH, or more images."
            )
    unknown = [name for name in wanted if name not in counts]
    if unknown:
        raise ReadableError(
            f"Nothing is known of the concept {unknown[0]!r}. Choose among: {', '.join(counts)}."
        )
    for name in wanted:
        shown, absent = counts[name]
        if min(shown, absent) == 0:
            raise ReadableError(
                f"Of the training images {shown} show {name!r} and {absent} do not. Leave it out, "
                "or give images of both."
            )
    return [table.names.index(name) for name in wanted]
