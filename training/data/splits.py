"""Splits by patient, which depend on the patient's id alone where classes are large enough.

The first eight hexadecimal digits of sha256(patient id), modulo 10: 0 and 1 are the test split,
2 is validation, the rest is for training. Fold f of five tests on 2f and 2f + 1 and validates on
2f + 2, so that fold 0 is the split itself.

Where a class has three patients or more but none on one of the sides, one of them is moved there,
always the same one; this does not happen with large classes.

A set whose authors split it keeps their test images, and their validation images where there are
any, unless it is cut into folds.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    moved = {} if rule else moved_patients(members)
    for sample in members:
        split = rule(sample.patient_id) if rule else _official(sample, validates)
        parts[moved.get(sample.patient_id, split)].append(sample)
    return {split: tuple(part) for split, part in parts.items()}


def moved_patients(samples: Sequence[Sample]) -> dict[str, Split]:
    """Patients that :func:`by_split` puts on another side than :func:`split_of`, so that a small
    class is on every side.

    A set that has its own split, or whose images have several classes, has none.
    """
    if any(s.official_split or s.labels is not None for s in samples):
        return {}
    classes_of: dict[str, set[int]] = defaultdict(set)
    for sample in samples:
        classes_of[sample.patient_id].add(sample.label)
    sides = {patient: split_of(patient) for patient in classes_of}
    moved: dict[str, Split] = {}
    for label in sorted({s.label for s in samples}):
        for side in SPLITS:
            on_sides = _by_class(sides, classes_of)
            whole = [patient for at in SPLITS for patient in on_sides[label, at]]
            if on_sides[label, side] or len(whole) < len(SPLITS):
                continue
            # From the side with most of them, one without whom no class is missing there.
            free = [
                patient
                for patient in whole
                if all(len(on_sides[k, sides[patient]]) > 1 for k in classes_of[patient])
            ]
            if free:
                patient = min(free, key=lambda p: (-len(on_sides[label, sides[p]]), _number(p), p))
                moved[patient] = sides[patient] = side
    return moved


def _by_class(
    sides: Mapping[str, Split], classes_of: Mapping[str, set[int]]
) -> dict[tuple[int, Split], list[str]]:
    patients: dict[tuple[int, Split], list[str]] = defaultdict(list)
    for patient, side in sides.items():
        for label in classes_of[patient]:
            patients[label, side].append(patient)
    return patients


def _official(sample: Sample, validates: bool) -> Split:
    """The authors' split; a tenth of their training patients validate where they name none."""
    if sample.official_split == "":
        return split_of(sample.patient_id)
    if sample.official_split != "train" or validates:
        return sample.official_split
    return "validation" if _number(sample.patient_id) % 10 == 2 else "train"


FEW = 10  # patients of a class in the test split; with fewer an interval says little


def check_split(
    parts: dict[Split, tuple[Sample, ...]], classes: tuple[str, ...], *, pooled: bool = False
) -> list[str]:
    """Refuse a split on which a class could not be trained or evaluated.

    Args:
        pooled: test images of several folds are evaluated together, so one may lack a class.

    Returns:
        A sentence for each class that has too few patients to be evaluated well.

    Raises:
        ReadableError: a part is empty, or a class has no image to train on or to test on.
    """
    official = any(s.official_split for members in parts.values() for s in members)
    for split, members in parts.items():
        if not members:
            raise ReadableError(
                f"The {split} split is empty: the data set has its own split and puts no image "
                "there. Add some, or give --set split=patient, which makes another split."
                if official
                else f"The {split} split is empty: splits are made by patient, and too few "
                "patients are there. Add images of more patients."
            )
    patients_of = {split: _patients(members) for split, members in parts.items()}
    images = Counter(k for members in parts.values() for s in members for k in s.classes)
    several = any(s.labels is not None for members in parts.values() for s in members)
    warnings = []
    for index, name in enumerate(classes):
        patients = {split: len(by_class[index]) for split, by_class in patients_of.items()}
        size = f"{images[index]} image(s) of {sum(patients.values())} patient(s)"
        if not patients["train"]:
            raise ReadableError(
                f"No image of {name!r} falls into the training split: the class has {size}. "
                "Add images of that class from more patients."
            )
        if not patients["test"] and not pooled and not several:
            raise ReadableError(
                f"No image of {name!r} falls into the test split, so it could not be evaluated: "
                f"the class has {size}. Add images of that class from at least three patients."
            )
        if not patients["validation"] or (patients["test"] < FEW and not pooled):
            warnings.append(
                f"The class {name!r} has few patients: {patients['train']} to train on, "
                f"{patients['validation']} in validation, {patients['test']} in test. "
                "What is measured of it says little."
            )
    return warnings


def _patients(members: Iterable[Sample]) -> dict[int, set[str]]:
    """Patients of each class, by its index."""
    patients: dict[int, set[str]] = defaultdict(set)
    for sample in members:
        for index in sample.classes:
            patients[index].add(sample.patient_id)
    return patients
