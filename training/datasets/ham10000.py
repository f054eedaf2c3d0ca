"""HAM10000 dermoscopy photographs (Tschandl et al. 2018), and the ISIC challenges' own layout.

Photographs of one lesion are on one side of a split. ISIC's ground truth names no lesions: there
each photograph counts as a lesion of its own, unless the metadata table lies beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.image_folders import white_mask
from training.datasets.samples import Dataset, Sample
from training.datasets.tables import existing_folder, no_images_error, read_rows, sex, years

ORIGIN = (
    "HAM10000 as the Harvard Dataverse hands it out (doi:10.7910/DVN/DBW86T): "
    "HAM10000_metadata.csv with HAM10000_images_part_1/ and _part_2/, or "
    "ISIC_20…_Training_GroundTruth.csv with its images"
)
LICENCE = "HAM10000 (Tschandl et al., Sci. Data 2018), CC BY-NC 4.0."
DIAGNOSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
MALIGNANT = frozenset(("akiec", "bcc", "mel"))
TABLES = ("HAM10000_metadata.csv", "HAM10000_metadata")
MASKS = "HAM10000_segmentations_lesion_tschandl"


def load(root: Path, *, malignant: bool = False) -> Dataset:
    """The photographs under ``root`` with one of seven diagnoses; the parts of the body are their
    concepts, where the table says on which one a lesion is.

    Args:
        malignant: two classes instead, benign and malignant (akiec, bcc and mel).

    Raises:
        ReadableError: a table, a column or every photograph is missing.
    """
    existing_folder(root, ORIGIN)
    files = {p.stem: p for p in sorted(root.rglob("*.jpg")) if MASKS not in p.parts}
    masks = {p.name.removesuffix("_segmentation.png"): p for p in root.rglob(f"{MASKS}/*.png")}
    samples = []
    rows = _rows(root)
    places = sorted({_place(row) for row in rows.values()} - {""})
    for image, row in rows.items():
        if image not in files:
            continue
        diagnosis = row["dx"]
        label = int(diagnosis in MALIGNANT) if malignant else DIAGNOSES.index(diagnosis)
        samples.append(
            Sample(
                image,
                files[image],
                row.get("lesion_id") or image,
                label,
                sex=sex(row.get("sex", "")),
                age=years(row.get("age", "")),
                mask=partial(white_mask, masks[image]) if image in masks else None,
                concepts=tuple((name, name == _place(row)) for name in places if _place(row)),
            )
        )
    if not samples:
        raise no_images_error(root, "photograph", ORIGIN)
    classes = ("benign", "malignant") if malignant else DIAGNOSES
    return Dataset("ham10000", classes, "benign" if malignant else None, tuple(samples), LICENCE)


def _place(row: Mapping[str, str]) -> str:
    """The part of the body; "" where it is not known."""
    name = row.get("localization", "").strip()
    return "" if name == "unknown" else name


def _rows(root: Path) -> dict[str, dict[str, str]]:
    """Rows by image; "dx" is one of the diagnoses."""
    truth = sorted(root.rglob("ISIC_20*_Training_GroundTruth.csv"))
    table = next((root / name for name in TABLES if (root / name).is_file()), None)
    if table is None and truth:
        return _isic(truth[0])
    rows = read_rows(table or root / TABLES[0], ("lesion_id", "image_id", "dx"), ORIGIN)
    unknown = next((r["dx"] for r in rows if r["dx"] not in DIAGNOSES), None)
    if unknown is not None:
        raise ReadableError(
            f"{(table or root).name} has the diagnosis {unknown!r}. Expected one of: "
            f"{', '.join(DIAGNOSES)}."
        )
    return {row["image_id"]: row for row in rows}


def _isic(table: Path) -> dict[str, dict[str, str]]:
    """ISIC 2018 task 3: one column of 0.0 and 1.0 for each diagnosis."""
    columns = tuple(name.upper() for name in DIAGNOSES)
    rows = {}
    for row in read_rows(table, ("image", *columns), ORIGIN):
        diagnoses = [
            name for name, column in zip(DIAGNOSES, columns, strict=True) if row[column][:1] == "1"
        ]
        if len(diagnoses) != 1:
            raise ReadableError(
                f"{table.name} gives {row['image']} {len(diagnoses)} diagnoses. Expected one."
            )
        rows[row["image"]] = {"dx": diagnoses[0], "lesion_id": row.get("lesion_id", "")}
    return rows
