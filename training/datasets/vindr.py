"""VinDr-CXR (Nguyen et al. 2022): one finding against none, boxes by radiologists, official split.

Three radiologists read each training image: a finding counts when most of those who read the image
name it. Test images carry their consensus.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Literal

from training.datasets.samples import Box, Dataset, Sample
from training.datasets.tables import chosen_findings, existing_folder, no_images_error, read_rows

ORIGIN = (
    "VinDr-CXR as PhysioNet hands it out (doi:10.13026/3akn-b287): train/*.dicom, test/*.dicom and "
    "annotations/image_labels_train.csv, annotations_train.csv and the same for test"
)
LICENCE = "VinDr-CXR, PhysioNet Credentialed Health Data License 1.5.0."
NOTE = "Images with other findings but not this one are left out: the negative class is no finding."
CLEAR = "No finding"
_NO_FINDINGS = ("image_id", "rad_id", "no finding")
_SPLITS: tuple[Literal["train", "test"], ...] = ("train", "test")
_CORNERS = ("x_min", "y_min", "x_max", "y_max")


def load(root: Path, finding: str = "", *, multi_label: bool = False) -> Dataset:
    """The images under ``root``.

    Args:
        finding: a column of the table; "Cardiomegaly" where nothing is given. With ``multi_label``
            several, with commas; all columns but "No finding" where none is given.
        multi_label: several findings as classes that do not exclude each other, instead of one or
            none at all.

    Raises:
        ReadableError: a table, a column or every image is missing.
    """
    existing_folder(root, ORIGIN)
    if multi_label:
        return _multi_label(root, finding)
    finding = finding or "Cardiomegaly"
    samples = [*_samples(root, "train", finding), *_samples(root, "test", finding)]
    if not samples:
        raise no_images_error(root, "image", ORIGIN)
    classes = ("no finding", finding.lower())
    return Dataset("vindr", classes, classes[0], tuple(samples), LICENCE, NOTE)


def _multi_label(root: Path, names: str) -> Dataset:
    """Every image, with all findings that most of its readers name."""
    tables = {split: root / "annotations" / f"image_labels_{split}.csv" for split in _SPLITS}
    first = read_rows(tables["train"], ("image_id", CLEAR), ORIGIN)[0]
    columns = [name for name in first if name.lower() not in _NO_FINDINGS]
    findings = chosen_findings(names, sorted(columns), "VinDr-CXR")
    samples = []
    for split, table in tables.items():
        votes: dict[str, list[list[bool]]] = defaultdict(list)
        for row in read_rows(table, ("image_id", *findings), ORIGIN):
            votes[row["image_id"]].append([_yes(row[name]) for name in findings])
        boxes = {
            name: _boxes(root / "annotations" / f"annotations_{split}.csv", name)
            for name in findings
        }
        for image, readers in votes.items():
            path = root / split / f"{image}.dicom"
            named = [
                k for k in range(len(findings)) if sum(v[k] for v in readers) * 2 > len(readers)
            ]
            marks = tuple(box for k in named for box in boxes[findings[k]][image])
            if path.is_file():
                samples.append(
                    Sample(
                        image,
                        path,
                        image,
                        -1,
                        boxes=marks,
                        official_split=split,
                        labels=tuple(named),
                    )
                )
    if not samples:
        raise no_images_error(root, "image", ORIGIN)
    return Dataset("vindr", findings, None, tuple(samples), LICENCE)


def _samples(root: Path, split: Literal["train", "test"], finding: str) -> list[Sample]:
    table = root / "annotations" / f"image_labels_{split}.csv"
    votes: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row in read_rows(table, ("image_id", finding, CLEAR), ORIGIN):
        votes[row["image_id"]].append((_yes(row[finding]), _yes(row[CLEAR])))
    boxes = _boxes(root / "annotations" / f"annotations_{split}.csv", finding)
    samples = []
    for image, readers in votes.items():
        path = root / split / f"{image}.dicom"
        named, clear = (sum(vote[i] for vote in readers) * 2 > len(readers) for i in (0, 1))
        if path.is_file() and (named or clear):
            marks = tuple(boxes[image]) if named else ()
            samples.append(
                Sample(image, path, image, int(named), boxes=marks, official_split=split)
            )
    return samples


def _yes(text: str) -> bool:
    return text in ("1", "1.0")


def _boxes(table: Path, finding: str) -> dict[str, list[Box]]:
    boxes: dict[str, list[Box]] = defaultdict(list)
    for row in read_rows(table, ("image_id", "class_name", *_CORNERS), ORIGIN):
        if row["class_name"] == finding and row["x_min"]:
            left, top, right, bottom = (float(row[key]) for key in _CORNERS)
            boxes[row["image_id"]].append(Box(left, top, right - left, bottom - top, finding))
    return boxes
