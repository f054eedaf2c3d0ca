"""Files under the paths a person gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath


@dataclass(frozen=True)
class FoundFile:
    """A file, and its path below the folder that was given; its name, where itself was given."""

    path: Path
    relative: PurePath


def walk(paths: Iterable[str | Path]) -> Iterator[FoundFile]:
    """Every file under the paths, folders in sorted order; nothing is opened.

    Inside a folder, hidden files and folders (names with a dot first) and links are left out, as
    is what is neither file nor folder. A path that is itself given is handed on whatever it is,
    so that reading it can say what is wrong with it.
    """
    for given in paths:
        root = Path(given)
        if root.is_dir():
            yield from _inside(root, PurePath())
        else:
            yield FoundFile(root, PurePath(root.name))


def _inside(folder: Path, relative: PurePath) -> Iterator[FoundFile]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError:  # a folder that may not be listed costs only itself
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _inside(entry, relative / entry.name)
        elif entry.is_file():
            yield FoundFile(entry, relative / entry.name)
