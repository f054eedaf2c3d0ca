"""NIH ChestX-ray14 in the layout in which the NIH Clinical Center hands it out.

Wang et al., "ChestX-ray8: Hospital-scale Chest X-ray Database and Benchmarks", CVPR 2017.
Label: pneumonia among the findings that were mined from the report, or not.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from pathlib import Path, PurePosixPath

from PIL import Image

from dprotonet.errors import ReadableError
from training.datasets.samples import Box, Dataset, Sample
from training.datasets.tables import chosen_findings, inner_path, read_rows, read_text, sex, years

TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
BOXES = "BBox_List_2017.csv"
CLASSES = ("no pneumonia", "pneumonia")
BOX_GRID = 1024
"""Boxes are in pixels of the original 1024 x 1024 images, whatever size the files have now."""

ORIGIN = "the table that the NIH Clinical Center hands out (nihcc.app.box.com/v/ChestXray-NIHCC)"
LICENCE = (
    "NIH ChestX-ray14, NIH Clinical Center (Wang et al., CVPR 2017): free to use with attribution."
)
NOTE = (
    "The positive class is pneumonia among the findings of the report, most often with other "
    "findings beside it. Labels were mined from reports, not read from the images."
)
NOTE_MULTI_LABEL = (
    "Findings of the report, several to an image; mined from reports, not read from the images. An "
    "image without any may have other findings than these."
)
NOTHING, PNEUMONIA = "No Finding", "Pneumonia"
_BOX_NAMES = {"Infiltrate": "Infiltration"}  # as the table of boxes has it: as the labels have it
_COLUMNS = ("Image Index", "Finding Labels", "Patient ID", "View Position")
_SUFFIXES = (".png", ".jpg", ".jpeg")


def load(root: Path, finding: str = "", *, multi_label: bool = False) -> Dataset:
    """The data set under ``root``: the table, the images beside it, and the boxes if it has any.

    Args:
        finding: with ``multi_label`` the findings that are classes, with commas; those that occur
            where none is named.
        multi_label: several findings as classes that do not exclude each other, instead of
            pneumonia or not.

    The findings that are no class are the images' concepts. The set says nothing of devices.

    Rows whose image is not there are left out (a part of the set is a common download); an image
    may have been converted to JPEG, so files are found by their stem.

    Raises:
        ReadableError: a file, column or every image is missing.
    """
    table = _table(root)
    rows = read_rows(table, _COLUMNS, ORIGIN)
    files = _files(root)
    boxes = _boxes(root / BOXES)
    present = [row for row in rows if PurePosixPath(inner_path(row["Image Index"])).stem in files]
    classes = _findings(present, finding) if multi_label and present else CLASSES
    asked = frozenset(classes) if multi_label else frozenset((PNEUMONIA,))
    beside = sorted(_occurring(present) - asked)
    samples = []
    for row in present:
        stem = PurePosixPath(inner_path(row["Image Index"])).stem
        path, findings = files[stem], row["Finding Labels"].split("|")
        samples.append(
            Sample(
                sample_id=stem,
                path=path,
                patient_id=row["Patient ID"],
                label=-1 if multi_label else int(PNEUMONIA in findings),
                view=row["View Position"],
                boxes=_scaled(boxes.get(stem, []), asked, path),
                sex=sex(row.get("Patient Gender") or row.get("Patient Sex", "")),
                age=years(row.get("Patient Age", "")),
                labels=tuple(k for k, name in enumerate(classes) if name in findings)
                if multi_label
                else None,
                concepts=tuple((name, name in findings) for name in beside),
            )
        )
    if not samples:
        raise ReadableError(
            f"{root} holds no image that {table.name} names (its first is "
            f"{rows[0]['Image Index']}). Put them under images/ or images_001/images/ and so on."
        )
    if multi_label:
        return Dataset("nih", classes, None, tuple(samples), LICENCE, NOTE_MULTI_LABEL)
    return Dataset("nih", CLASSES, CLASSES[0], tuple(samples), LICENCE, NOTE)


def _findings(rows: Sequence[Mapping[str, str]], names: str) -> tuple[str, ...]:
    """Those that occur, in alphabetical order, or those of them that are named."""
    return chosen_findings(names, sorted(_occurring(rows)), "this part of NIH ChestX-ray14")


def _occurring(rows: Sequence[Mapping[str, str]]) -> set[str]:
    return {name for row in rows for name in row["Finding Labels"].split("|")} - {NOTHING}


def _table(root: Path) -> Path:
    if not root.is_dir():
        raise ReadableError(
            f"There is no folder {root}. Give the folder of NIH ChestX-ray14, "
            f"which holds {TABLES[0]} and images/."
        )
    for name in TABLES:
        if (root / name).is_file():
            return root / name
    raise ReadableError(
        f"{root} holds neither {TABLES[0]} nor {TABLES[1]}. Give the folder of NIH ChestX-ray14, "
        "which holds one of them and images/."
    )


def _files(root: Path) -> dict[str, Path]:
    folders = [
        root / "images",
        *sorted(root.glob("images_*/images")),
        *sorted(root.glob("images_*")),
    ]
    return {
        path.stem: path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
    }


def _boxes(table: Path) -> dict[str, list[tuple[str, list[float]]]]:
    """Boxes in the 1024 grid by stem. The header splits ``Bbox [x,y,w,h]`` into four columns."""
    boxes: dict[str, list[tuple[str, list[float]]]] = defaultdict(list)
    if not table.is_file():
        return boxes
    lines = list(csv.reader(read_text(table, ORIGIN).splitlines()))[1:]
    for number, line in enumerate(lines, start=2):
        if len(line) < 6:
            raise ReadableError(
                f"Line {number} of {table.name} is no box. "
                "Expected: image, finding, x, y, width, height."
            )
        try:
            corners = [float(value) for value in line[2:6]]
        except ValueError as error:
            raise ReadableError(
                f"Line {number} of {table.name} is no box. "
                "Expected: image, finding, x, y, width, height."
            ) from error
        boxes[PurePosixPath(inner_path(line[0])).stem].append((line[1], corners))
    return boxes


def _scaled(
    boxes: Sequence[tuple[str, list[float]]], findings: Set[str], path: Path
) -> tuple[Box, ...]:
    """The boxes of the findings that are classes, in pixels of the native grid."""
    named = [(_BOX_NAMES.get(name, name), corners) for name, corners in boxes]
    boxes_of_findings = [(name, corners) for name, corners in named if name in findings]
    if not boxes_of_findings:
        return ()
    with Image.open(path) as image:
        columns, rows = image.size
    across, down = columns / BOX_GRID, rows / BOX_GRID
    return tuple(
        Box(x * across, y * down, width * across, height * down, finding)
        for finding, (x, y, width, height) in boxes_of_findings
    )
