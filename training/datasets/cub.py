"""CUB-200-2011 (Wah et al. 2011): birds with boxes, visible parts and, apart, segmentations."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.image_folders import white_mask
from training.datasets.samples import Box, Dataset, Part, Sample
from training.datasets.tables import existing_folder, no_images_error

ORIGIN = (
    "CUB_200_2011 (doi:10.22002/D1.20098): images.txt, classes.txt, image_class_labels.txt, "
    "train_test_split.txt, bounding_boxes.txt, parts/ and images/"
)
LICENCE = "CUB-200-2011 (Wah et al. 2011), non-commercial research."


def load(root: Path, *, first_classes: int = 0) -> Dataset:
    """The birds under ``root``, with the authors' split.

    Args:
        first_classes: only so many classes, in the set's own order; 0 for all.

    Raises:
        ReadableError: a table or every image is missing, or a line is not as expected.
    """
    existing_folder(root, ORIGIN)
    classes = tuple(" ".join(v).split(".", 1)[-1] for v in _table(root / "classes.txt").values())
    classes = classes[: first_classes or None]
    labels = {k: int(v[0]) - 1 for k, v in _table(root / "image_class_labels.txt").items()}
    training = {k: v[0] == "1" for k, v in _table(root / "train_test_split.txt").items()}
    boxes, parts = _table(root / "bounding_boxes.txt"), _parts(root)
    samples = []
    for key, (name, *_) in _table(root / "images.txt").items():
        path = root / "images" / name
        if labels[key] >= len(classes) or not path.is_file():
            continue
        # The segmentations come apart from the images, and are unpacked beside or inside of them.
        masks = [r / "segmentations" / Path(name).with_suffix(".png") for r in (root, root.parent)]
        mask = next((m for m in masks if m.is_file()), None)
        x, y, width, height = (float(v) for v in boxes[key])
        samples.append(
            Sample(
                Path(name).stem,
                path,
                Path(name).stem,
                labels[key],
                boxes=(Box(x, y, width, height, "bird"),),
                parts=tuple(parts[key]),
                official_split="train" if training[key] else "test",
                mask=None if mask is None else partial(white_mask, mask),
            )
        )
    if not samples:
        raise no_images_error(root / "images", "image", ORIGIN)
    return Dataset("cub", classes, None, tuple(samples), LICENCE)


def _table(path: Path) -> dict[str, list[str]]:
    """The fields of each line, by the first of them."""
    if not path.is_file():
        raise ReadableError(f"There is no table {path}. Expected {ORIGIN}.")
    rows = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if len(fields) == 1:
            raise ReadableError(
                f"Line {number} of {path.name} is {line!r}. Expected a number and its value."
            )
        if fields:
            rows[fields[0]] = fields[1:]
    return rows


def _parts(root: Path) -> dict[str, list[Part]]:
    """Visible parts by image."""
    names = {k: " ".join(v) for k, v in _table(root / "parts" / "parts.txt").items()}
    parts: dict[str, list[Part]] = defaultdict(list)
    path = root / "parts" / "part_locs.txt"
    if not path.is_file():
        raise ReadableError(f"There is no table {path}. Expected {ORIGIN}.")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if len(fields) != 5 or fields[1] not in names:
            raise ReadableError(
                f"Line {number} of part_locs.txt is {line!r}. Expected image, part, x, y, visible."
            )
        if fields[4] == "1":
            parts[fields[0]].append(Part(names[fields[1]], float(fields[2]), float(fields[3])))
    return parts
