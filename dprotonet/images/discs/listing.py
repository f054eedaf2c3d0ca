"""The files of a folder as its DICOMDIR lists them: study by study, and the others left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dprotonet.errors import UnreadableImage
from dprotonet.images.discs.directory import Directory
from dprotonet.images.file_names import is_directory, plain_part
from dprotonet.images.walk import FoundFile

NOT_LISTED = (
    "The DICOMDIR of this disc does not list this file, so it was left out. "
    "Give it alone if it is wanted."
)
"""Why a file is not read, such as a picture of the viewer program on a disc."""


@dataclass(frozen=True)
class Arranged:
    """What a DICOMDIR says of files that are there."""

    listed: tuple[int, ...]
    """Places of those to be read, in its order."""
    unlisted: tuple[int, ...]
    """Places of the others, as they came."""
    message: str
    """What the DICOMDIR is, and what of it is missing."""
    applies: bool = True
    """Is anything there that it lists? Otherwise all are listed, as they came."""


@dataclass(frozen=True)
class FolderFile:
    """A file of a folder."""

    file: FoundFile
    message: str = ""
    """Why it is not to be read; empty: it is."""


def arranged(directory: Directory, paths: Sequence[tuple[str, ...]]) -> Arranged:
    """Arrange files by a DICOMDIR.

    Where nothing is there that it lists, as when its images were picked out of their folders, it
    says nothing of the files beside it: all are to be read.

    Args:
        directory: what it lists.
        paths: parts of each file's path, from the DICOMDIR's folder on. Parts are compared as
            systems show those of a disc, in capital or small letters.
    """
    places: dict[tuple[str, ...], int] = {}
    for place, path in enumerate(paths):
        places.setdefault(_plain(path), place)
    wanted = dict.fromkeys(_plain(path) for path in directory.files)
    listed = [places[path] for path in wanted if path in places]
    said = [
        f"The table of contents of a disc: {_counted(len(wanted), 'file')} of "
        f"{_counted(directory.studies, 'study', 'studies')}."
    ]
    if not listed:
        said.append("None of them is here, so all files beside it are read.")
        return Arranged(tuple(range(len(paths))), (), " ".join(said), applies=False)
    if missing := len(wanted) - len(listed):
        said.append(f"{missing:,} of them {_is(missing)} not here. Copy the disc again.")
    if outside := directory.outside:
        said.append(f"{_counted(outside, 'path')} out of the folder {_was(outside)} left out.")
    among = set(listed)
    unlisted = tuple(place for place in range(len(paths)) if place not in among)
    return Arranged(tuple(listed), unlisted, " ".join(said))


def looked_through(
    files: Iterable[FoundFile], read: Callable[[Path], Directory]
) -> Iterator[FolderFile]:
    """The files of a walk; where a folder has a DICOMDIR, as that lists them.

    Args:
        files: as :func:`dprotonet.images.walk.walk` finds them: a DICOMDIR before what is beside
            and below it.
        read: reads a DICOMDIR; raises UnreadableImage, and then all files beside it are read.
    """
    coming = iter(files)
    file = next(coming, None)
    while file is not None:
        if not is_directory(file.path.name):
            yield FolderFile(file)
            file = next(coming, None)
            continue
        folder, beside = file.relative.parent, list[FoundFile]()
        following = next(coming, None)
        while following is not None and following.relative.is_relative_to(folder):
            beside.append(following)
            following = next(coming, None)
        yield from _of_disc(file, beside, read)
        file = following


def _of_disc(
    file: FoundFile, beside: Sequence[FoundFile], read: Callable[[Path], Directory]
) -> Iterator[FolderFile]:
    folder = file.relative.parent
    paths = [each.relative.relative_to(folder).parts for each in beside]
    try:
        found = arranged(read(file.path), paths)
    except UnreadableImage as error:
        yield FolderFile(file, f"{error} All files beside it are read.")
        yield from looked_through(beside, read)
        return
    yield FolderFile(file, found.message)
    # Folders below may have a DICOMDIR of their own where this one says nothing of them.
    yield from looked_through([beside[place] for place in found.listed], read)
    yield from (FolderFile(beside[place], NOT_LISTED) for place in found.unlisted)


def _plain(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(plain_part(part) for part in path)


def _counted(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
