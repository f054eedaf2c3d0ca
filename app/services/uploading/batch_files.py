"""Uploaded files on their way into a batch; ZIP files are opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

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
