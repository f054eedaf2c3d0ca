"""CheXpert (Irvin et al. 2019): one finding against its absence, on frontal films.

Labels are 1, 0, -1 (uncertain) or blank (not mentioned, which counts as absent).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample
from training.datasets.tables import folder_of, none_found, rows_of, sex, years

ORIGIN = (
    "CheXpert-v1.0-small as Stanford AIMI hands it out (stanfordmlgroup.github.io/competitions/"
    "chexpert): train.csv and valid.csv with train/ and valid/"
)
LICENCE = "CheXpert, Stanford University, research use agreement."
COLUMNS = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA")
TABLES: tuple[tuple[str, Literal["train", "test"]], ...] = (
    ("train.csv", "train"),
    ("valid.csv", "test"),
)
Uncertain = Literal["negative", "positive", "skip"]


def load(root: Path, finding: str = "", *, uncertain: Uncertain = "skip") -> Dataset:
    """The frontal films under ``root``; the authors' validation films are the test split.

    Args:
        finding: a column of the table; "Pleural Effusion" where nothing is given.
        uncertain: what -1 counts as.

    Raises:
        ReadableError: a table, a column or every film is missing.
    """
    folder_of(root, ORIGIN)
    finding = finding or "Pleural Effusion"
    samples = []
    for name, split in TABLES:
        if split == "test" and not (root / name).is_file():
            continue
        for row in rows_of(root / name, (*COLUMNS, finding), ORIGIN):
            label = _label(row[finding], uncertain)
            # The table's paths begin with the folder in which the set was packed.
            inner = "/".join(row["Path"].split("/")[-4:])
            if label is None or row["Frontal/Lateral"] != "Frontal" or not (root / inner).is_file():
                continue
            samples.append(
                Sample(
                    inner,
                    root / inner,
                    inner.split("/")[1],
                    label,
                    row["AP/PA"],
                    sex=sex(row["Sex"]),
                    age=years(row["Age"]),
                    official_split=split,
                )
            )
    if not samples:
        raise none_found(root, "film", ORIGIN)
    classes = (f"no {finding.lower()}", finding.lower())
    return Dataset("chexpert", classes, classes[0], tuple(samples), LICENCE)


def _label(text: str, uncertain: Uncertain) -> int | None:
    try:
        value = float(text or 0)
    except ValueError as error:
        raise ReadableError(f"The label {text!r} is none of 1, 0, -1 and blank.") from error
    if value >= 0:
        return int(value)
    return {"negative": 0, "positive": 1, "skip": None}[uncertain]
