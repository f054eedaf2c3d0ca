"""Folders of images: one for each class, which of their files are images, and masks beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dprotonet.errors import NotAnImage, ReadableError, UnreadableImage
from dprotonet.images.reader import inspect

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Side = Literal["train", "validation", "test", ""]
SIDES: Mapping[str, Side] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""Names of the folders of a split, in lower case."""
_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp", ".webp"))


@dataclass(frozen=True)
class ClassFolder:
    """A folder of one class's images, and its side of the split, "" where it has none."""

    name: str
    folder: Path
    split: Side = ""


def class_folders(root: Path) -> list[ClassFolder]:
    """``root/CLASS``, or ``root/SPLIT/CLASS`` where all sub-folders are named as splits.

    Raises:
        ReadableError: fewer than two classes, both layouts mixed, or a split that cannot be used.
    """
    folders = _folders_in(root)
    sides = [folder for folder in folders if folder.name.lower() in SIDES]
    if not sides:
        if len(folders) < 2:
            raise ReadableError(
                f"{root} has {len(folders)} sub-folder(s). Give a folder that has one sub-folder "
                "of images for each class, at least two."
            )
        return [ClassFolder(folder.name, folder) for folder in folders]
    others = [folder.name for folder in folders if folder.name.lower() not in SIDES]
    if others:
        raise ReadableError(
            f"{root} has the folder {sides[0].name!r}, as a split has, beside {others[0]!r}. "
            "Put every class into train, val and test, or give the class folder another name."
        )
    return _of_sides(root, sides)


def _of_sides(root: Path, folders: Sequence[Path]) -> list[ClassFolder]:
    by_side: dict[Side, Path] = {}
    for folder in folders:
        side = SIDES[folder.name.lower()]
        if side in by_side:
            raise ReadableError(
                f"The folders {by_side[side].name!r} and {folder.name!r} of {root} are both the "
                f"{side} split. Put them together."
            )
        by_side[side] = folder
    if "train" not in by_side:
        raise ReadableError(
            f"{root} is laid out as a split and has no folder 'train'. Add it, with one "
            "sub-folder of images for each class."
        )
    classes = []
    for side, folder in by_side.items():
        inner = _folders_in(folder)
        if not inner:
            raise ReadableError(
                f"The split folder {folder} has no class folders. Put one sub-folder of images "
                "for each class into it."
            )
        classes += [ClassFolder(path.name, path, side) for path in inner]
    trained = {part.name for part in classes if part.split == "train"}
    unknown = next((part for part in classes if part.name not in trained), None)
    if unknown is not None:
        raise ReadableError(
            f"The class {unknown.name!r} of {unknown.folder.parent} has no folder in "
            f"{by_side['train']}. Give every class the same name in all of them."
        )
    if len(trained) < 2:
        raise ReadableError(
            f"{by_side['train']} has {len(trained)} sub-folder(s). Give it one sub-folder of "
            "images for each class, at least two."
        )
    return classes


def _folders_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def images_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files below a folder, without hidden ones: those to be read, and those that are not images.

    A file with the suffix of an image is to be read whatever it holds. Any other is known by its
    first bytes, so that DICOM files of any name are read. A file that should be an image and cannot
    be decoded is among the first, so that reading it says why.
    """
    read: list[Path] = []
    skipped: list[Path] = []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file():
            continue
        (read if _is_image(path) else skipped).append(path)
    return read, skipped


def _is_image(path: Path) -> bool:
    if path.suffix.lower() in _SUFFIXES:
        return True
    try:
        inspect(path)
    except UnreadableImage as error:
        return not isinstance(error, NotAnImage)
    return True


def white_mask(path: Path) -> NDArray[np.bool_]:
    """``(H, W)``: where the image of a mask is brighter than middle grey."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("L")) > 127
