"""ELPV: electroluminescence photographs of solar cells with a probability of being defective.

Buerhop-Lutz et al. 2018; Deitsch et al. 2019. A package of the same name installs it; without
--data it is taken from there. The cells of one module are not named, so each counts for itself.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample
from training.datasets.tables import existing_folder, inner_path, no_images_error, read_text

ORIGIN = (
    "ELPV (github.com/zae-bayern/elpv-dataset, or the package elpv-dataset): labels.csv and images/"
)
LICENCE = "ELPV (Buerhop-Lutz et al. 2018; Deitsch et al. 2019), CC BY-NC-SA 4.0."
CLASSES = ("functional", "defective")
NOTE = (
    "Experts gave each cell a probability of 0, 1/3, 2/3 or 1 of being defective; from one half on "
    "it counts as defective. Cells cut from one module are not named and may be on two sides of "
    "a split. The view is the kind of cell."
)


def load(root: Path | None) -> Dataset:
    """The cells under ``root``, or of the installed package.

    Raises:
        ReadableError: there is neither, or the table is off.
    """
    root = existing_folder(root if root is not None else _installed(), ORIGIN)
    table = root / "labels.csv"
    if not table.is_file():
        raise ReadableError(f"There is no table {table}. Expected {ORIGIN}.")
    samples = []
    for number, line in enumerate(read_text(table, ORIGIN).splitlines(), start=1):
        fields = line.replace(",", " ").replace(";", " ").split()
        if not fields or fields[0] == "path":
            continue
        try:
            name, probability, kind = inner_path(fields[0]), float(fields[1]), fields[2]
        except (IndexError, ValueError) as error:
            raise ReadableError(
                f"Line {number} of labels.csv is {line!r}. "
                "Expected: path, probability of a defect, mono or poly."
            ) from error
        if (root / name).is_file():
            stem = Path(name).stem
            samples.append(Sample(stem, root / name, stem, int(probability >= 0.5), kind))
    if not samples:
        raise no_images_error(root, "photograph", ORIGIN)
    return Dataset("elpv", CLASSES, CLASSES[0], tuple(samples), LICENCE, NOTE)


def _installed() -> Path:
    """Folder of the installed package's data."""
    spec = importlib.util.find_spec("elpv_dataset")
    locations = list(spec.submodule_search_locations or ()) if spec else []
    for location in map(Path, locations):
        for folder in (location, location / "data"):
            if (folder / "labels.csv").is_file():
                return folder
    raise ReadableError(
        "The package elpv-dataset is not installed. Install it by `pip install elpv-dataset`, or "
        f"give by --data the folder of {ORIGIN}."
    )
