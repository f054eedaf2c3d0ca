"""A bundle is written beside its folder first, then moved there: whole or not at all. No torch."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from dprotonet.bundle.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from dprotonet.bundle.names import check_name
from dprotonet.errors import UnusableBundle


def beside(directory: Path) -> Path:
    """A hidden name in the same folder, that nothing has yet."""
    return directory.parent / f".{directory.name}.{uuid.uuid4().hex}"


def check_target(directory: Path) -> None:
    """Refuse a folder that holds anything but a model.

    Raises:
        UnusableBundle: the sentence says what to do.
    """
    if not directory.exists():
        return
    if not directory.is_dir() or (
        any(directory.iterdir()) and not (directory / MANIFEST).is_file()
    ):
        raise UnusableBundle(
            f"{directory} already exists and holds no model. Give another folder, or empty it."
        )


def move_in(staged: Path, directory: Path) -> None:
    """Put the written folder in the place of the old one.

    No system replaces a folder with files in one step. So the old one is renamed first, and renamed
    back if the new one cannot be moved.
    """
    aside = beside(directory)
    replaced = directory.exists()
    if replaced:
        directory.rename(aside)
    try:
        staged.rename(directory)
    except OSError:
        if replaced:
            aside.rename(directory)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def replace_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace bundle.json in one step.

    Raises:
        UnusableBundle: the name is a new one, with characters that a name may not have.
    """
    if manifest.name != read_manifest(folder).name:  # one that an older version wrote may stay
        check_name(manifest.name)
    write_manifest(folder, manifest)
