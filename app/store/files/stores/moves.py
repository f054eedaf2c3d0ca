"""Moving a file from one folder to another: whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from dprotonet.atomic_files import replacement


def move(source: Path, target: Path) -> None:
    """Rename a file; its new folder is made, and a file that is there is replaced.

    Args:
        source: where it is.
        target: where it is to be.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_over(source, target)


def _copy_over(source: Path, target: Path) -> None:
    """To another disk, such as one that is mounted on the folder of the blobs."""
    with replacement(target, to_disk=True) as staged:
        shutil.copyfile(source, staged)
    os.unlink(source)
