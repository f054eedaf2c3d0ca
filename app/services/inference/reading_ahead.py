"""The next files of a batch are read while the network looks at one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from app.domain.cases import CaseFacts
from app.domain.permissions import within
from app.services.inference import item_source
from app.services.inference.failures import is_outage
from app.services.uploading import intake
from app.services.worklist import thumbnails
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem
from app.store.files.blobs import Staged
from dprotonet.images.types import GrayOrColourImage

AHEAD = 2  # files that are read, or being read, beside the one at hand


@dataclass(frozen=True, eq=False)
class FileRead:
    """A file that is no case yet: staged, with its facts.

    It holds no pixels: files that are held together may be large.
    """

    item: ClaimedItem
    original: Staged
    facts: CaseFacts
    pixel_sha256: str
    staged: tuple[Staged, ...]
    """All that is to be kept or discarded; the original is the first, the thumbnail the second."""

    def is_same_file(self, other: FileRead) -> bool:
        """Are the bytes the same? Then the second of them is a duplicate."""
        return self.original.key == other.original.key

    @property
    def thumbnail(self) -> Staged:
        """Of the first frame."""
        return self.staged[1]


Ahead = tuple[FileRead, GrayOrColourImage]
"""A file with its first frame."""


@within
class ReadingAhead:
    """Files in their order, read by a thread; to be used in a ``with``.

    Args:
        workplace: where.
        items: files of folders or uploads.
    """

    def __init__(self, workplace: Workplace, items: Sequence[ClaimedItem]) -> None:
        self._workplace, self._waiting = workplace, deque(items)
        self._reading: deque[tuple[ClaimedItem, Future[Ahead | None]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading-ahead")

    def __enter__(self) -> Iterator[tuple[ClaimedItem, Ahead | None]]:
        return self._files()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What is being read is not waited for; it is discarded when it is there."""
        self._waiting.clear()
        for _, future in self._reading:
            if not future.cancel():
                future.add_done_callback(self._discard)
        self._thread.shutdown(wait=False)

    def _files(self) -> Iterator[tuple[ClaimedItem, Ahead | None]]:
        """Each file as it was read; None of one that is a case already, or that something is to
        be said of: it is read alone, which says it.

        Raises:
            Unavailable: the store is away.
        """
        self._fill()
        while self._reading:
            item, future = self._reading.popleft()
            self._fill()
            try:
                ahead = future.result()
            except Exception as error:
                if is_outage(error):
                    raise
                ahead = None
            yield item, ahead

    def _fill(self) -> None:
        while self._waiting and len(self._reading) < AHEAD:
            item = self._waiting.popleft()
            self._reading.append((item, self._thread.submit(_read, self._workplace, item)))

    def _discard(self, future: Future[Ahead | None]) -> None:
        with suppress(Exception):  # a file that could not be read left nothing
            ahead = future.result()
            if ahead is not None:
                discard(self._workplace, ahead[0])


@within
def discard(workplace: Workplace, read: FileRead) -> None:
    """Forget what was staged of a file and not kept."""
    for staged in read.staged:
        workplace.blobs.discard(staged)


def _read(workplace: Workplace, item: ClaimedItem) -> Ahead | None:
    original = intake.stage(workplace, item_source.opened(workplace, item), name=item.name)
    staged = [original]
    try:
        intake.check_not_empty(original)
        with workplace.store.read() as tx:
            is_known = bool(tx.new_cases.known_files([original.key]))
        if not is_known:
            source = workplace.blobs.staged_source(original)
            facts, digest, image = workplace.image_reader.look_and_read(source)
            staged.append(thumbnails.staged_thumbnail(workplace, image))
            return FileRead(item, original, facts, digest, tuple(staged)), image
    except BaseException:
        for one in staged:
            workplace.blobs.discard(one)
        raise
    workplace.blobs.discard(original)
    return None
