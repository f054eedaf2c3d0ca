"""Pictures of a model's source images, found among a reader's own files by their hash.

Data sets that may not be passed on come without pictures. Whoever has such a set can show it:
files are compared by SHA-256 with what the bundle was trained on, those that it needs are kept as
small pictures beside the data, and nothing of all others is kept.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.domain.errors import Refused
from app.domain.permissions import needs, within
from app.services import batches, galleries
from app.services.audit.recording import record
from app.services.pictures.framed import framed, png
from app.services.uploading import batch_files
from app.services.workplace import Workplace
from app.store.errors import readable_errors
from dprotonet.atomic_files import write_whole
from dprotonet.errors import ReadableError
from dprotonet.images.hashes import file_sha256
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.walk import walk

log = logging.getLogger(__name__)
SIDE = 448  # px of a picture
CHUNK = 200  # files that are listed before somebody may look at the clock


@dataclass(frozen=True)
class Attached:
    """How far the pictures of one model are, counted in source images."""

    found: int
    """Have a picture now."""
    wanted: int
    looked_at: int = 0
    """Files whose hash was compared."""
    total: int | None = None
    """Files there are; None until they are counted."""
    is_over: bool = True
    problems: tuple[str, ...] = ()
    """Why a file that is needed could not be used."""


@within
class Gallery:
    """The source images of one model that have no picture yet."""

    def __init__(self, workplace: Workplace, digest: str) -> None:
        self._workplace, self._digest = workplace, digest
        self._missing: dict[str, list[galleries.Pictured]] = {}
        hashes = set()
        for entry in galleries.pictured(workplace, digest):
            hashes.add(entry.image_sha256)
            if not galleries.has_picture(workplace, digest, entry):
                self._missing.setdefault(entry.image_sha256, []).append(entry)
        self._wanted = len(hashes)
        self.problems: list[str] = []

    @property
    def is_complete(self) -> bool:
        """Has every source image a picture?"""
        return not self._missing

    @property
    def names(self) -> frozenset[str]:
        """What files of the missing images are probably called, without their endings."""
        ids = [entry.sample_id for entries in self._missing.values() for entry in entries]
        return frozenset([*ids, *(PurePosixPath(sample_id).stem for sample_id in ids)])

    def offer(self, sha256: str, source: Path | bytes | HeldBytes) -> bool:
        """Keep a picture of a file that is one of the missing images; True when it was.

        Args:
            sha256: of the file.
            source: its path or bytes; decoded in a child process.
        """
        entries = self._missing.get(sha256)
        if entries is None:
            return False
        try:
            image = self._workplace.image_reader.read(source)
        except ReadableError as error:
            self.problems.append(f"{entries[0].sample_id}: {error}")
            return False
        picture = png(framed(image, SIDE))
        with readable_errors():
            for entry in entries:
                path = galleries.attached_path(self._workplace, self._digest, entry)
                write_whole(path, lambda stream: stream.write(picture))
        del self._missing[sha256]
        return True

    def state(
        self, *, looked_at: int = 0, total: int | None = None, is_over: bool = True
    ) -> Attached:
        """How far it is."""
        return Attached(
            self._wanted - len(self._missing),
            self._wanted,
            looked_at,
            total,
            is_over,
            tuple(self.problems),
        )


@needs("see cases")
def state(workplace: Workplace, digest: str) -> Attached:
    """How many source images of a model have a picture."""
    return Gallery(workplace, digest).state()


@needs("change models")
def attach_uploads(
    workplace: Workplace, digest: str, items: Iterable[tuple[str, bytes | Path | HeldBytes]]
) -> Attached:
    """Look through uploaded files; ZIP files are opened in a child process.

    Args:
        workplace: where.
        digest: of the bundle.
        items: (name, bytes or path) of each.

    Raises:
        Refused: an archive cannot be used; what was found before stays. Or patients' images are
            held: what is uploaded is changed then, so that it is no training image any more.
    """
    if workplace.pseudonyms is not None:
        raise Refused(
            "Here uploaded images are de-identified, so that none equals an image of the training. "
            "Name the server folder that these images lie in."
        )
    gallery, looked_at = Gallery(workplace, digest), 0
    before = gallery.state().found
    for name, data in items:
        for entry in batch_files.unpacked(workplace, name, data):
            staged = entry.blob
            if staged is None:
                continue
            looked_at += 1
            try:
                gallery.offer(staged.key, workplace.blobs.staged_source(staged))
            finally:
                workplace.blobs.discard(staged)
            if gallery.is_complete:
                break
        if gallery.is_complete:
            break
    log.info("%d files compared for the pictures of %s", looked_at, digest[:8])
    state = gallery.state(looked_at=looked_at, total=looked_at)
    if state.found > before:
        with workplace.store.write() as tx:
            record(workplace, tx, "pictures attached", subject=digest, bundle=digest)
    return state


@within
class FolderSearch:
    """Looks through an allowed server folder, a little at a time, so that it can be stopped.

    Files that are called as a missing image is come first; the hash decides. It ends when all are
    found. Hidden files, links and files over the size limit are left out.

    Raises:
        Refused: the folder is not in the list of the settings.
    """

    def __init__(self, workplace: Workplace, digest: str, folder: str | Path) -> None:
        self._folder = batches.allowed_folder(workplace, folder)
        self._most_bytes = workplace.settings.file_bytes
        self._gallery = Gallery(workplace, digest)
        self._looked_at = 0
        self._total: int | None = None
        self._steps = self._run()
        self._is_over = False

    def step(self, seconds: float) -> Attached:
        """Go on for about so long, at least by one file.

        Raises:
            Unavailable: a picture cannot be written; a later step goes on.
        """
        until = time.monotonic() + seconds
        while not self._is_over:
            self._is_over = next(self._steps, self) is self
            if time.monotonic() >= until:
                break
        return self.state

    @property
    def state(self) -> Attached:
        """How far it is."""
        return self._gallery.state(
            looked_at=self._looked_at, total=self._total, is_over=self._is_over
        )

    def _run(self) -> Iterator[None]:
        names = self._gallery.names
        likely: list[Path] = []
        others: list[Path] = []
        for number, file in enumerate(walk([self._folder])):
            (likely if file.path.stem in names else others).append(file.path)
            if number % CHUNK == 0:
                yield
        self._total = len(likely) + len(others)
        for path in [*likely, *others]:
            if self._gallery.is_complete:
                return
            self._look_at(path)
            yield

    def _look_at(self, path: Path) -> None:
        self._looked_at += 1
        try:
            if path.stat().st_size <= self._most_bytes:
                self._gallery.offer(file_sha256(path), path)
        except (OSError, ReadableError):
            # One that cannot be read, as others in such a folder may be, is not the one wanted.
            log.debug("a file of the folder could not be read")


@needs("see cases")
def attached(workplace: Workplace, digest: str) -> int:
    """How many pictures were attached to this very model, which :func:`detach` would remove."""
    return sum(path.is_file() for path in _attached_paths(workplace, digest))


@needs("change models")
def detach(workplace: Workplace, digest: str) -> int:
    """Remove the pictures that were attached to a model, and what earlier searches said.

    Returns:
        How many source images it has a picture of afterwards: those that came with the bundle, or
        were attached to another version of it.

    Raises:
        Refused: a folder is being searched.
    """
    with workplace.store.write() as tx:
        search = tx.attaching.last_of(digest)
        if search is not None and search.is_active:
            raise Refused("A folder is being searched for pictures. Cancel that first.")
        tx.attaching.forget(digest)
        record(workplace, tx, "pictures removed", subject=digest, bundle=digest)
    with readable_errors():
        for path in _attached_paths(workplace, digest):
            path.unlink(missing_ok=True)
    return state(workplace, digest).found


def _attached_paths(workplace: Workplace, digest: str) -> set[Path]:
    entries = galleries.pictured(workplace, digest)
    return {galleries.attached_path(workplace, digest, entry) for entry in entries}
