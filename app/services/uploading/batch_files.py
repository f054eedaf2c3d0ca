"""Uploaded files on their way into a batch; ZIP files are opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from app.domain.bundles import BundleInfo
from app.domain.cases import shown_path
from app.domain.errors import Refused
from app.domain.jobs import ItemState
from app.domain.permissions import within
from app.services.deidentify import names
from app.services.tables.arriving import MOST_ROWS, is_table, rows_of
from app.services.uploading import archive, intake
from app.services.workplace import Workplace
from app.store.batch_items import NewItem
from app.store.files.blobs import Staged
from dprotonet.attributes.reading import MOST_BYTES as MOST_TABLE_BYTES
from dprotonet.errors import NotAnImage, ReadableError, ReaderBusy, UnreadableImage
from dprotonet.images.discs.directory import MOST_BYTES, Directory
from dprotonet.images.file_names import is_directory
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
    """Name of what was uploaded, as it may be shown: the file itself, or the archive that held it.
    """
    path: str = ""
    """As it came, of an archive's file inside it; never written down."""
    archive: str | None = None
    """The name of the archive that held it, as it came."""
    directory: Directory | None = None
    """Of a DICOMDIR: what it lists."""
    is_row: bool = False
    """Of a table: the table counts as one file, whatever it holds."""


@within
def unpacked(
    workplace: Workplace,
    name: str,
    data: bytes | Path | HeldBytes,
    info: BundleInfo | None = None,
) -> Iterator[Entry]:
    """The files in one upload, staged: itself, or what is in it where it is a ZIP file; instead of
    a table its rows.

    A file that cannot be taken in is an item that says why, without staged bytes. So is a DICOMDIR,
    which is read and not kept.

    Args:
        workplace: where.
        name: of the upload.
        data: its bytes.
        info: the model that reads it; None: tables are not looked for.

    Raises:
        RefusedArchive: the archive as a whole cannot be used.
    """
    origin = names.path_shown(workplace, name)
    if info is not None and is_table(data, name):
        whole = Entry(_item(workplace, name), None, origin, name)
        yield from _rows(workplace, data, whole, info)
        return
    if not archive.is_archive(data):
        yield _entry(workplace, data, Entry(_item(workplace, name), None, origin, name))
        return
    limits = archive.ArchiveLimits(
        total_bytes=workplace.settings.upload_bytes, file_bytes=workplace.settings.file_bytes
    )
    rows = 0
    try:
        for entry in archive.extract(workplace.image_reader, data, limits=limits):
            item = _item(workplace, entry.path)
            new = Entry(item, None, origin, entry.path, archive=name)
            if entry.file is None:
                yield _without_bytes(new, "error", entry.problem)
            elif info is not None and is_table(entry.head, entry.path):
                for row in _rows(workplace, entry.file, new, info, most=MOST_ROWS - rows):
                    rows += row.is_row
                    yield row
            else:
                yield _entry(workplace, entry.file, new)
    except Refused as error:
        raise RefusedArchive(str(error)) from error


def _rows(
    workplace: Workplace,
    data: bytes | Path | BinaryIO | HeldBytes,
    entry: Entry,
    info: BundleInfo,
    *,
    most: int = MOST_ROWS,
) -> Iterator[Entry]:
    try:
        if not isinstance(data, bytes | Path | HeldBytes):
            # As much of an entry as shows that it is too large.
            data = data.read(MOST_TABLE_BYTES + 1)
        found = rows_of(workplace, data, name=entry.path, info=info)
        if len(found) > most:
            raise Refused(
                f"With this table the ZIP file has more than {MOST_ROWS:,} rows. Upload the table "
                "by itself."
            )
    except ReadableError as error:
        yield _without_bytes(entry, "error", str(error))
        return
    for row in found:
        new = replace(entry, item=NewItem(row.name, shown_path=row.shown_path), is_row=True)
        if row.arrival is None:
            yield _without_bytes(new, "error", row.problem)
        else:
            staged = intake.stage(workplace, row.arrival)
            yield replace(new, item=replace(new.item, upload_key=staged.key), blob=staged)


@within
def refused(workplace: Workplace, name: str, message: str) -> NewItem:
    """The row of an upload of which nothing is used."""
    return replace(_item(workplace, name), state="error", message=message)


def _item(workplace: Workplace, path: str) -> NewItem:
    return NewItem(names.file_shown(workplace, path), shown_path=names.path_shown(workplace, path))


def _entry(workplace: Workplace, data: bytes | Path | BinaryIO | HeldBytes, entry: Entry) -> Entry:
    path = entry.path
    try:
        if is_directory(PurePosixPath(path.replace("\\", "/")).name):
            return replace(entry, directory=_directory(workplace, data))
        staged = intake.stage(workplace, data, name=path)
    except NotAnImage as error:
        return _without_bytes(entry, "skipped", str(error))
    except (Refused, UnreadableImage, ReaderBusy) as error:
        return _without_bytes(entry, "error", str(error))
    item = entry.item
    if staged.name:
        shown = names.path_shown(workplace, path, name=staged.name)
        item = replace(item, name=staged.name, shown_path=shown)
    return replace(entry, item=replace(item, upload_key=staged.key), blob=staged)


def _directory(workplace: Workplace, data: bytes | Path | BinaryIO | HeldBytes) -> Directory:
    if isinstance(data, bytes | Path | HeldBytes):
        return workplace.image_reader.directory(data)
    return workplace.image_reader.directory(data.read(MOST_BYTES + 1))


def _without_bytes(entry: Entry, state: ItemState, message: str) -> Entry:
    return replace(entry, item=replace(entry.item, state=state, message=message))


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
