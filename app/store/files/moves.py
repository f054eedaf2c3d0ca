"""Moving a file inside an fsspec file system: whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from dprotonet.atomic_files import replacement


def move(fs: AbstractFileSystem, source: str, target: str) -> None:
    """Rename a file; its new folder is made, and a file that is there is replaced.

    Args:
        fs: the file system of both.
        source: where it is.
        target: where it is to be.
    """
    fs.makedirs(target.rpartition("/")[0], exist_ok=True)
    if not isinstance(fs, LocalFileSystem):
        fs.mv(source, target)
        return
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_over(source, target)


def _copy_over(source: str, target: str) -> None:
    """To another disk, such as one that is mounted on the folder of the blobs."""
    with replacement(Path(target), to_disk=True) as staged:
        shutil.copyfile(source, staged)
    os.unlink(source)
