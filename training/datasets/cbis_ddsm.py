"""CBIS-DDSM (Lee et al. 2017): mammograms with masses or calcifications, masks, official split.

A mammogram with several abnormalities is malignant when one of them is.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from training.datasets.samples import Dataset, Sample
from training.datasets.tables import existing_folder, inner_path, no_images_error, read_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)
ORIGIN = (
    "CBIS-DDSM as the Cancer Imaging Archive hands it out (doi:10.7937/K9/TCIA.2016.7O02S9CY): "
    "mass_case_description_train_set.csv and its like, and the folder CBIS-DDSM/ of DICOM files"
)
LICENCE = "CBIS-DDSM (Lee et al., Sci. Data 2017), CC BY 3.0."
CLASSES = ("benign", "malignant")
_COLUMNS = (
    *("patient_id", "left or right breast", "image view", "pathology"),
    *("image file path", "ROI mask file path"),
)


def load(root: Path) -> Dataset:
    """The mammograms under ``root``.

    Raises:
        ReadableError: every table, a column or every mammogram is missing.
    """
    existing_folder(root, ORIGIN)
    series = _series(root)
    samples: dict[str, Sample] = {}
    masks: dict[str, list[list[Path]]] = defaultdict(list)
    for table in _tables(root):
        split: Literal["train", "test"] = "train" if "_train_" in table.name else "test"
        for row in read_rows(table, _COLUMNS, ORIGIN):
            name = inner_path(row["image file path"]).split("/")[0]
            files = series.get(name)
            if not files:
                continue
            label = int(row["pathology"] == "MALIGNANT")
            earlier = samples.get(name)
            masks[name].append(_mask_files(row["ROI mask file path"], series))
            samples[name] = Sample(
                name,
                files[0],
                row["patient_id"],
                max(label, earlier.label if earlier else 0),
                row["image view"],
                official_split=split,
                mask=partial(_mask, masks[name], files[0]),
            )
    if not samples:
        raise no_images_error(root, "mammogram", ORIGIN)
    return Dataset("cbis_ddsm", CLASSES, None, tuple(samples.values()), LICENCE)


def _tables(root: Path) -> list[Path]:
    tables = [
        root / f"{kind}_case_description_{split}_set.csv"
        for kind in ("mass", "calc")
        for split in ("train", "test")
    ]
    return [table for table in tables if table.is_file()] or tables[:1]


def _series(root: Path) -> dict[str, list[Path]]:
    """DICOM files by the folder of their case, which the tables name first."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(root.rglob("*.dcm")):
        for part in path.relative_to(root).parts:
            if part.startswith(("Mass-", "Calc-")):
                files[part].append(path)
    return files


def _mask_files(text: str, series: dict[str, list[Path]]) -> list[Path]:
    """The files of the mask's folder: the mask and the cropped image, in either order."""
    return series.get(inner_path(text).split("/")[0], [])


def _mask(folders: list[list[Path]], image: Path) -> NDArray[np.bool_]:
    """All masks of the mammogram together, one from each folder.

    The mask is the file with the mammogram's size. For a few mammograms no file has it: then the
    largest of several files, which is not the crop, is fitted to the mammogram.
    """
    import numpy as np

    from dprotonet.images.reader import inspect, read_image

    facts = inspect(image)
    shape = (facts.rows, facts.columns)
    whole = np.zeros(shape, dtype=bool)
    for paths in folders:
        headers = {path: inspect(path) for path in paths}
        sizes = {path: (header.rows, header.columns) for path, header in headers.items()}
        same = [path for path, size in sizes.items() if size == shape]
        largest = sorted(sizes, key=lambda path: sizes[path][0] * sizes[path][1])[1:][-1:]
        for path in same or largest:
            mask = read_image(path).pixels > 0
            if not same:
                _log.warning("%s has another size than %s: it was fitted to it", path, image.name)
                rows, columns = (
                    np.arange(new) * old // new for new, old in zip(shape, mask.shape, strict=True)
                )
                mask = mask[rows[:, None], columns]
            whole |= mask
    return whole
