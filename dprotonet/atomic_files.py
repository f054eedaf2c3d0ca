"""Files that are there whole or not at all."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file under a passing name and put it in its place in one step.

    Whoever reads ``path`` meanwhile sees the file from before, or none; an interrupt leaves no
    half a file behind. Folders on the way are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _passing_name(path.parent) as passing:
        # "x" and no tempfile: the file gets the permissions that the user's umask gives.
        with open(passing, "xb") as stream:
            write(stream)
        os.replace(passing, path)


@contextmanager
def _passing_name(folder: Path) -> Iterator[Path]:
    # Short, so that the longest name that the folder takes can still be written; hidden, so that
    # a walk over the folder passes it over.
    passing = folder / f".{secrets.token_hex(6)}.part"
    try:
        yield passing
    finally:
        with suppress(FileNotFoundError):
            passing.unlink()
