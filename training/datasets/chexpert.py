"""CheXpert (Irvin et al. 2019): one finding against its absence, on frontal images.

Labels are 1, 0, -1 (uncertain) or blank (not mentioned, which counts as absent).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample
from training.datasets.tables import (
    chosen_findings,
    existing_folder,
    inner_path,
    no_images_error,
    read_rows,
    sex,
    years,
)

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
FINDINGS = (
    *("Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema"),
    *("Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion"),
    *("Pleural Other", "Fracture", "Support Devices"),
)
Uncertain = Literal["negative", "positive", "skip"]


def load(
    root: Path,
    finding: str = "",
    *,
    uncertain: Uncertain = "skip",
    multi_label: bool = False,
) -> Dataset:
    """The frontal images under ``root``; the authors' validation images are the test split.

    Args:
        finding: a column of the table; "Pleural Effusion" where nothing is given. With
            ``multi_label`` several, with commas; all of :data:`FINDINGS` where none is given.
        uncertain: what -1 counts as; "skip" leaves an image out with any -1 among the findings.
        multi_label: several findings as classes that do not exclude each other, instead of one or
            not.

    Raises:
        ReadableError: a table, a column or every image is missing.
    """
    existing_folder(root, ORIGIN)
    several = chosen_findings(finding, FINDINGS, "CheXpert") if multi_label else ()
    finding = finding or "Pleural Effusion"
    columns = several or (finding,)
    samples = []
    for name, split in TABLES:
        if split == "test" and not (root / name).is_file():
            continue
        for row in read_rows(root / name, (*COLUMNS, *columns), ORIGIN):
            labels = [_label(row[name], uncertain) for name in columns]
            # The table's paths begin with the folder in which the set was packed.
            inner = "/".join(inner_path(row["Path"]).split("/")[-4:])
            if (
                None in labels
                or row["Frontal/Lateral"] != "Frontal"
                or not (root / inner).is_file()
            ):
                continue
            samples.append(
                Sample(
                    inner,
                    root / inner,
                    inner.split("/")[1],
                    -1 if several else int(labels[0] or 0),
                    row["AP/PA"],
                    sex=sex(row["Sex"]),
                    age=years(row["Age"]),
                    official_split=split,
                    labels=tuple(k for k, label in enumerate(labels) if label) if several else None,
                )
            )
    if not samples:
        raise no_images_error(root, "image", ORIGIN)
    if several:
        return Dataset("chexpert", several, None, tuple(samples), LICENCE)
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
