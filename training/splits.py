"""Splits by patient that depend on nothing but the patient's id.

The first eight hexadecimal digits of sha256(patient id), modulo 10: 0 and 1 are the test split,
2 is validation, the rest is for training. Fold f of five tests on 2f and 2f + 1 and validates on
2f + 2, so that fold 0 is the split itself.

A set whose authors split it keeps their test images, and their validation images where there are
any, unless it is cut into folds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Literal

from dprotonet.errors import ReadableError
from training.datasets.samples import Sample

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Rule = Callable[[str], Split]


def _number(patient_id: str) -> int:
    return int(hashlib.sha256(patient_id.encode()).hexdigest()[:8], 16)


def split_of(patient_id: str) -> Split:
    """The patient's one and only split."""
    return fold_split_of(patient_id, fold=0, folds=5)


def fold_split_of(patient_id: str, *, fold: int, folds: int) -> Split:
    """The patient's split in one fold of a grouped cross-validation on the same hash."""
    if folds < 2 or not 0 <= fold < folds:
        raise ValueError(f"fold {fold} of {folds} does not exist")
    part = (_number(patient_id) - 2 * fold) % (2 * folds)
    if part < 2:
        return "test"
    return "validation" if part == 2 else "train"


def by_split(
    samples: Iterable[Sample], rule: Rule | None = None
) -> dict[Split, tuple[Sample, ...]]:
    """The samples of each split, in their given order.

    Args:
        rule: by patient, whatever the set's authors say; None for their split where there is one,
            else :func:`split_of`.
    """
    members = tuple(samples)
    parts: dict[Split, list[Sample]] = {split: [] for split in SPLITS}
    validates = any(s.official_split == "validation" for s in members)
    for sample in members:
        split = rule(sample.patient_id) if rule else _official(sample, validates)
        parts[split].append(sample)
    return {split: tuple(part) for split, part in parts.items()}


def _official(sample: Sample, validates: bool) -> Split:
    """The authors' split; a tenth of their training patients validate where nothing else does."""
    if sample.official_split == "":
        return split_of(sample.patient_id)
    if sample.official_split != "train" or validates:
        return sample.official_split
    return "validation" if _number(sample.patient_id) % 10 == 2 else "train"


def check_split(parts: dict[Split, tuple[Sample, ...]], classes: tuple[str, ...]) -> None:
    """Refuse a split in which a class has no film to train on, or nothing is left to judge by.

    Raises:
        ReadableError: a part is empty, or a class is missing from the training films.
    """
    for split, members in parts.items():
        if not members:
            raise ReadableError(
                f"The {split} split is empty: splits are made by patient, and too few patients "
                "are there. Add images of more patients."
            )
    present = {k for s in parts["train"] for k in s.classes}
    missing = [name for index, name in enumerate(classes) if index not in present]
    if missing:
        raise ReadableError(
            f"No image of {missing[0]!r} falls into the training split. "
            "Add images of that class from more patients."
        )
