"""How a folder of classes is laid out, and which of its files are images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dprotonet.errors import NotAnImage, ReadableError, UnreadableImage
from dprotonet.images.reader import inspect

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
"""Names that folders of a split have, in small letters."""
_PICTURES = frozenset((".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp", ".webp"))


@dataclass(frozen=True)
class ClassFolder:
    """A folder of one class's images; its side of the split, "" where the folder says none."""

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
    found = []
    for side, folder in by_side.items():
        inner = _folders_in(folder)
        if not inner:
            raise ReadableError(
                f"The split folder {folder} has no class folders. Put one sub-folder of images "
                "for each class into it."
            )
        found += [ClassFolder(one.name, one, side) for one in inner]
    trained = {one.name for one in found if one.split == "train"}
    unknown = next((one for one in found if one.name not in trained), None)
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
    return found


def _folders_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def images_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files below a folder, hidden ones left out: those to be read, and those that are no images.

    A file that is named as a picture is to be read whatever it holds; of any other its first bytes
    say what it is, so that DICOM files of any name are found. One that should be an image and
    cannot be read is among the first, for the reader to say so.
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
    if path.suffix.lower() in _PICTURES:
        return True
    try:
        inspect(path)
    except UnreadableImage as error:
        return not isinstance(error, NotAnImage)
    return True
