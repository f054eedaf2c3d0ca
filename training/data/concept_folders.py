"""Concepts as a folder of folders, each named after a concept, with the images that show it.

A file stands for the training image of its name; it is not opened, so that links and empty files do
as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from dprotonet.errors import ReadableError


def folder_concepts(folder: Path, sample_ids: Sequence[str]) -> Mapping[str, dict[str, bool]]:
    """By image which concepts it shows; of an image in no folder of a concept that it does not.

    Args:
        folder: of concept folders; files beside them, and what is hidden, are left out.
        sample_ids: of all images. A file means the one whose id is its name, with or without the
            ending, or ends in it.

    Raises:
        ReadableError: there is no concept folder, one holds no image of these, or a file's name is
            that of several images.
    """
    named = _named(sample_ids)
    shown: dict[str, set[str]] = {}
    for concept in sorted(path for path in _seen(folder) if path.is_dir()):
        shown[concept.name] = {
            sample_id
            for file in _seen(concept)
            if (sample_id := _meant(file, named, concept.name)) is not None
        }
        if not shown[concept.name]:
            raise ReadableError(
                f"No file of the concept folder {concept.name} has the name of an image of the "
                "data set. Give its files the names of the images that show it."
            )
    if not shown:
        raise ReadableError(
            f"The folder {folder.name} has no concept folders. Make one for each concept, with the "
            "images that show it."
        )
    return {
        sample_id: {concept: sample_id in ids for concept, ids in shown.items()}
        for sample_id in sample_ids
    }


def _seen(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise ReadableError(
            f"The concept folder {folder.name} cannot be read ({error.strerror}). Check its "
            "permissions."
        ) from error


def _named(sample_ids: Sequence[str]) -> dict[str, set[str]]:
    """By name: the id, its last part, and both without their ending."""
    named: dict[str, set[str]] = {}
    for sample_id in sample_ids:
        last = PurePosixPath(sample_id).name
        for name in {sample_id, last, PurePosixPath(last).stem}:
            named.setdefault(name, set()).add(sample_id)
    return named


def _meant(file: Path, named: Mapping[str, set[str]], concept: str) -> str | None:
    meant = named.get(file.name) or named.get(file.stem) or set()
    if len(meant) > 1:
        raise ReadableError(
            f"A file of the concept folder {concept} has the name of {len(meant)} images of the "
            "data set. Give a table by --set concept_table=FILE, which has their whole ids."
        )
    return next(iter(meant), None)
