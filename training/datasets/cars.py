"""Stanford Cars (Krause et al. 2013): 196 models of cars, boxes, official split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dprotonet.errors import ReadableError
from training.datasets.samples import Box, Dataset, Sample
from training.datasets.tables import existing_folder, no_images_error

ORIGIN = (
    "Stanford Cars (ai.stanford.edu/~jkrause/cars/car_dataset.html): devkit/cars_meta.mat, "
    "devkit/cars_train_annos.mat, cars_test_annos_withlabels.mat, cars_train/ and cars_test/"
)
LICENCE = "Stanford Cars (Krause et al. 2013), non-commercial research."


def load(root: Path, *, first_classes: int = 0) -> Dataset:
    """The cars under ``root``.

    Args:
        first_classes: only so many classes, in the set's own order; 0 for all.

    Raises:
        ReadableError: a table or every image is missing.
    """
    existing_folder(root, ORIGIN)
    names = _matlab(root / "devkit" / "cars_meta.mat", "class_names")
    classes = tuple(str(name.item()) for name in names.ravel())[: first_classes or None]
    tests = [r / "cars_test_annos_withlabels.mat" for r in (root, root / "devkit")]
    tables = [
        ("train", root / "devkit" / "cars_train_annos.mat"),
        ("test", next((t for t in tests if t.is_file()), tests[0])),
    ]
    samples = []
    for split, table in tables:
        for row in _matlab(table, "annotations").ravel():
            name, label = str(row["fname"].item()), int(row["class"].item()) - 1
            path = root / f"cars_{split}" / name
            if label >= len(classes) or not path.is_file():
                continue
            left, top, right, bottom = (
                float(row[f"bbox_{end}"].item()) for end in ("x1", "y1", "x2", "y2")
            )
            key = f"{split}-{path.stem}"
            samples.append(
                Sample(
                    key,
                    path,
                    key,
                    label,
                    boxes=(Box(left, top, right - left, bottom - top, "car"),),
                    official_split=split,  # type: ignore[arg-type]
                )
            )
    if not samples:
        raise no_images_error(root, "image", ORIGIN)
    return Dataset("cars", classes, None, tuple(samples), LICENCE)


def _matlab(path: Path, name: str) -> Any:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not path.is_file():
        raise ReadableError(f"There is no table {path}. Expected {ORIGIN}.")
    try:
        values = loadmat(path)
    except (MatReadError, ValueError, TypeError) as error:
        raise ReadableError(f"{path} cannot be read ({error}). Expected {ORIGIN}.") from error
    if name not in values:
        raise ReadableError(f"{path.name} has no array {name!r}. Expected {ORIGIN}.")
    return values[name]
