"""Uploaded files on their way into a batch; ZIP files are opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from app.domain.cases import shown_path
from app.domain.errors import Refused
from app.domain.permissions import within
from app.services.deidentify import names
from app.services.uploading import archive, intake
from app.services.workplace import Workplace
from app.store.batch_items import NewItem
from app.store.files.blobs import Staged
from dprotonet.errors import NotAnImage, ReaderBusy, UnreadableImage
from dprotonet.images.isolated.held_bytes import HeldBytes


class RefusedArchive(Refused):
    """An archive that cannot be used; the files beside it are."""


@dataclass(frozen=True)
class Entry:
    """One file of an upload on its way into a batch."""

    item: NewItem
    blob: Staged | None
    """Its bytes; None for a row that only says why there are none."""
    origin: str
    """Name of what was uploaded: the file itself, or the archive that held it."""


@within
def unpacked(
    workplace: Workplace, name: str, data: bytes | Path | HeldBytes
) -> Iterator[tuple[NewItem, Staged | None]]:
    """The files in one upload, staged: itself, or what is in it where it is a ZIP file.

    A file that cannot be taken in is an item that says why, without staged bytes.

    Raises:
        RefusedArchive: the archive as a whole cannot be used.
    """
    if not archive.is_archive(data):
        yield _kept(workplace, _item(workplace, name), data, path=name)
        return
    limits = archive.ArchiveLimits(
        total_bytes=workplace.settings.upload_bytes, file_bytes=workplace.settings.file_bytes
    )
    try:
        for entry in archive.extract(workplace.image_reader, data, limits=limits):
            item = _item(workplace, entry.path)
            if entry.file is None:
                yield replace(item, state="error", message=entry.problem), None
            else:
                yield _kept(workplace, item, entry.file, path=entry.path)
    except Refused as error:
        raise RefusedArchive(str(error)) from error


@within
def refused(workplace: Workplace, name: str, message: str) -> NewItem:
    """The row of an upload of which nothing is used."""
    return replace(_item(workplace, name), state="error", message=message)


def _item(workplace: Workplace, path: str) -> NewItem:
    return NewItem(names.file_shown(workplace, path), shown_path=names.path_shown(workplace, path))


def _kept(
    workplace: Workplace, item: NewItem, data: bytes | Path | BinaryIO | HeldBytes, *, path: str
) -> tuple[NewItem, Staged | None]:
    try:
        staged = intake.stage(workplace, data, name=path)
    except NotAnImage as error:
        return replace(item, state="skipped", message=str(error)), None
    except (Refused, UnreadableImage, ReaderBusy) as error:
        return replace(item, state="error", message=str(error)), None
    if staged.name:
        shown = names.path_shown(workplace, path, name=staged.name)
        item = replace(item, name=staged.name, shown_path=shown)
    return replace(item, upload_key=staged.key), staged


def with_distinct_paths(entries: Sequence[Entry]) -> list[Entry]:
    """Where two archives hold the same path, each is shown below its archive's name; what is
    still equal then, such as a path that one archive holds twice, is numbered."""
    counts = Counter(entry.item.shown_path for entry in entries)
    uses = Counter[str]()
    distinct = []
    for entry in entries:
        path = entry.item.shown_path
        if counts[path] > 1 and shown_path(entry.origin) != path:
            path = shown_path(f"{entry.origin}/{path}")
        uses[path] += 1
        numbered = path if uses[path] == 1 else f"{path} ({uses[path]})"
        distinct.append(replace(entry, item=replace(entry.item, shown_path=numbered)))
    return distinct
