"""Uploaded files on their way into a batch; ZIP files are opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from app.domain.cases import shown_name, shown_path
from app.domain.errors import Refused
from app.domain.permissions import within
from app.services.uploading import archive, intake
from app.services.workplace import Workplace
from app.store.batch_items import NewItem
from app.store.files.blobs import Staged


class RefusedArchive(Refused):
    """An archive that cannot be used; the files beside it are."""


@within
def unpacked(
    workplace: Workplace, name: str, data: bytes | Path
) -> Iterator[tuple[NewItem, Staged | None]]:
    """The files in one upload, staged: itself, or what is in it where it is a ZIP file.

    A file that cannot be taken in is an item that says why, without staged bytes.

    Raises:
        RefusedArchive: the archive as a whole cannot be used.
    """
    if not archive.is_archive(data):
        yield _kept(workplace, _item(name), data)
        return
    limits = archive.ArchiveLimits(
        total_bytes=workplace.settings.upload_bytes, file_bytes=workplace.settings.file_bytes
    )
    try:
        for entry in archive.extract(workplace.image_reader, data, limits=limits):
            item = NewItem(entry.name, shown_path=entry.path)
            if entry.file is None:
                yield replace(item, state="error", message=entry.problem), None
            else:
                yield _kept(workplace, item, entry.file)
    except Refused as error:
        raise RefusedArchive(str(error)) from error


def refused(name: str, message: str) -> NewItem:
    """The row of an upload of which nothing is used."""
    return replace(_item(name), state="error", message=message)


def _item(name: str) -> NewItem:
    return NewItem(shown_name(name), shown_path=shown_path(name))


def _kept(
    workplace: Workplace, item: NewItem, data: bytes | Path | BinaryIO
) -> tuple[NewItem, Staged | None]:
    try:
        staged = intake.stage(workplace, data, name=item.name)
    except Refused as error:
        return replace(item, state="error", message=str(error)), None
    return replace(item, upload_key=staged.key), staged
