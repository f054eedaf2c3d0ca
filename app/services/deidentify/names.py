"""Names of files and folders as they may be kept: their own, or, of patients, pseudonyms."""

from __future__ import annotations

from pathlib import PurePath

from app.domain.cases import shown_name, shown_path
from app.domain.permissions import within
from app.services.workplace import Workplace
from app.store.batch_items import NewItem
from dprotonet.images import file_names
from dprotonet.images.discs.listing import FolderFile


@within
def file_shown(workplace: Workplace, name: str) -> str:
    """The name of a file of which nothing more is known, as a page shows it."""
    key = workplace.pseudonyms
    return shown_name(name) if key is None else key.unread(_last(name))


@within
def path_shown(workplace: Workplace, path: str, *, name: str | None = None) -> str:
    """Where a file lies in a folder, an archive or an upload, as a page shows it.

    Args:
        workplace: whose key.
        path: as it came.
        name: of the file where it has a pseudonym.
    """
    key = workplace.pseudonyms
    if key is None:
        return shown_path(path)
    folder, divider, _ = path.replace("\\", "/").rpartition("/")
    own = key.unread(_last(path)) if name is None else name
    return f"{key.folder(folder)}/{own}" if divider else own


@within
def folder_shown(workplace: Workplace, folder: PurePath) -> str:
    """The name of a server folder, as the title of its batch."""
    key = workplace.pseudonyms
    return shown_name(folder.name) if key is None else key.folder(str(folder))


@within
def stored(workplace: Workplace, path: str | PurePath) -> str:
    """A path as text for a database; of patients only the key opens it again."""
    text = file_names.stored_path(path)
    return text if workplace.pseudonyms is None else workplace.pseudonyms.seal(text)


@within
def opened(workplace: Workplace, stored_path: str) -> str:
    """The path that :func:`stored` wrote down, byte for byte.

    Raises:
        WrongKey: it was sealed by another key.
    """
    key = workplace.pseudonyms
    text = stored_path if key is None or not stored_path else str(key.unseal(stored_path))
    return file_names.path_of(text)


@within
def found(workplace: Workplace, found: FolderFile) -> NewItem:
    """A file of a server folder, on its way into a batch."""
    file = found.file
    return NewItem(
        file_shown(workplace, file.path.name),
        path=stored(workplace, file.relative),
        shown_path=path_shown(workplace, file.relative.as_posix()),
        state="skipped" if found.message else "waiting",
        message=found.message,
    )


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
