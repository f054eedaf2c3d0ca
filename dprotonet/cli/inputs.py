"""From PATHs to frames, one at a time, with a reason for every file that gives none."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from dprotonet.attributes.reading import RowProblem, read_rows_of
from dprotonet.attributes.row_images import RowImages
from dprotonet.attributes.table import Row
from dprotonet.errors import NotAnImage, UnreadableImage, UnreadableTable, WrongRequest
from dprotonet.images.discs.directory import Directory
from dprotonet.images.discs.listing import FolderFile, looked_through
from dprotonet.images.hashes import file_sha256
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.walk import LeftOut, walk

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InputFile:
    """A file that was named, or found in a folder that was named."""

    path: Path
    relative: PurePath
    """Below the folder that was named; the bare name of a file that was named itself."""
    order: int
    """Which PATH of the command line it came by, from 1."""
    not_read: str = ""
    """Why it is not to be read, such as one that a disc's DICOMDIR does not list; empty: it is."""


@dataclass(frozen=True, eq=False)
class ImageFrame:
    """One frame that was read, or the image of a row of a table."""

    source: InputFile
    frame: int
    """Of a table which of its rows, from 0."""
    sha256: str
    image: "GrayOrColourImage"
    row: Row | None = None


@dataclass(frozen=True)
class Problem:
    """A frame, or a whole file as its frame 0, that could not be read."""

    source: InputFile
    frame: int
    sha256: str | None
    """Of the file; None where not even its bytes could be read."""
    reason: str
    skipped: bool
    """The file is intact but holds no image: it is reported and does not count as a failure."""


def check_paths(paths: Sequence[Path]) -> None:
    """Refuse a PATH that is not there, before any work is done.

    Raises:
        WrongRequest: names the first that is missing. An image missing from a list is a slip of
            its writer, who should learn of it at once and not from an hour's records.
    """
    for path in paths:
        try:
            exists = path.exists()
        except (
            OSError,
            ValueError,
        ) as error:  # a folder above it is closed to us; a null character
            reason = getattr(error, "strerror", None) or error
            raise WrongRequest(f"{path} cannot be opened ({reason}).") from None
        if not exists:
            raise WrongRequest(f"There is no file or folder {path}: check its spelling.")


def read_images(
    paths: Sequence[Path],
    *,
    leave_out: Callable[[Path], bool] = lambda path: False,
    rows: RowImages | None = None,
) -> Iterator[ImageFrame | Problem]:
    """Every frame of every file, in the order of the PATHs; folders are walked sorted.

    Files are read in a child process, one frame at a time: a file that crashes its decoder, or
    keeps it busy for ever, does not stop the images after it. What a walk leaves out, such as
    links, is logged when everything is read. A folder with a DICOMDIR is read as that lists it.

    Args:
        paths: files and folders.
        leave_out: True for files of a folder that are skipped without a record. A file that was
            named itself is always read.
        rows: of a bundle that takes rows: the files are tables, and each row is a frame.
    """
    with IsolatedReader() as reader:
        for source in input_files(paths, reader.directory, leave_out=leave_out):
            yield from read_file(source, reader, rows)


def input_files(
    paths: Sequence[Path],
    directory: Callable[[Path], Directory],
    *,
    leave_out: Callable[[Path], bool] = lambda path: False,
) -> Iterator[InputFile]:
    """Every file that :func:`read_images` would look at, in its order; no image is opened.

    Args:
        paths: files and folders.
        directory: reads a DICOMDIR, as ``directory`` of an isolated reader does.
        leave_out: as of :func:`read_images`.
    """
    left_out = LeftOut()
    for order, path in enumerate(paths, start=1):
        is_folder = path.is_dir()
        files = walk([path], left_out=left_out)
        found = looked_through(files, directory) if is_folder else map(FolderFile, files)
        for each in found:
            if not (is_folder and leave_out(each.file.path)):
                yield InputFile(each.file.path, each.file.relative, order, each.message)
    for sentence in left_out.sentences():
        log.warning("%s", sentence)


def read_file(
    source: InputFile, reader: IsolatedReader, rows: RowImages | None = None
) -> Iterator[ImageFrame | Problem]:
    """Every frame of one file, or why there is none; with ``rows``, every row of a table."""
    if source.not_read:
        yield Problem(source, 0, None, source.not_read, skipped=True)
        return
    if rows is not None:
        yield from _read_table(source, rows)
        return
    digest: str | None = None
    try:
        digest = file_sha256(source.path)
        frames = reader.inspect(source.path).frames
    except UnreadableImage as error:
        yield Problem(source, 0, digest, str(error), skipped=isinstance(error, NotAnImage))
        return
    for frame in range(frames):
        try:
            image = reader.read(source.path, frame=frame)
        except UnreadableImage as error:
            yield Problem(source, frame, digest, str(error), skipped=isinstance(error, NotAnImage))
        else:
            yield ImageFrame(source, frame, digest, image)


def _read_table(source: InputFile, rows: RowImages) -> Iterator[ImageFrame | Problem]:
    digest: str | None = None
    try:
        digest = file_sha256(source.path)
        found = read_rows_of(source.path, rows.table)
    except (UnreadableImage, UnreadableTable) as error:
        yield Problem(source, 0, digest, str(error), skipped=False)
        return
    for number, row in enumerate(found):
        if isinstance(row, RowProblem):
            yield Problem(source, number, digest, row.reason, skipped=False)
        else:
            yield ImageFrame(source, number, digest, rows.image(row), row)
