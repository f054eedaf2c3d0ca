"""Is every stored file what was written? Read from end to end while the program runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.domain.permissions import needs
from app.services import binding
from app.services.workplace import Workplace
from app.store.files.blobs import Blobs
from app.store.files.folder_notes import IDENTITY
from app.store.files.sealing import ChangedFile
from app.store.files.secret_keys import WrongKey
from dprotonet.errors import ReadableError

MANIFEST = "bundle.json"


@needs("run the program")
def problems(workplace: Workplace) -> Iterator[str]:
    """A sentence for each file that was changed, or is named and missing.

    Stored files are hashed against their names, models against their manifests. Nothing is changed.
    The hash in a model's manifest covers the manifest itself.
    """
    if not binding.is_bound(workplace):
        yield (
            f"blobs/{IDENTITY} was changed on the disk, or is of another installation: it is not "
            f"the id that the database keeps. {binding.DELIBERATELY}"
        )
    with workplace.store.read() as tx:
        named = tx.named_blobs()
    here = set(workplace.blobs.all_keys())
    for key in sorted(named | here):
        problem = blob_problem(workplace.blobs, key)
        if problem is None:
            continue
        with workplace.store.read() as tx:  # it may have been deleted since
            is_named = tx.blob_in_use(key)
        if is_named or workplace.blobs.exists(key):
            yield problem
    yield from model_problems(workplace.settings.model_folders)


def blob_problem(blobs: Blobs, key: str) -> str | None:
    """What is wrong with one stored file; None where nothing is."""
    place = f"blobs/{key[:2]}/{key}"
    try:
        if blobs.sha256(key) == key:
            return None
    except ChangedFile:
        pass
    except (WrongKey, ReadableError) as error:
        return f"{place}: {error}"
    return (
        f"{place} was changed on the disk: it is not what was stored. Bring it back from a backup: "
        "python -m app restore FOLDER"
    )


def model_problems(folders: tuple[Path, ...]) -> Iterator[str]:
    """The same of the models in some folders."""
    from dprotonet.bundle.bundle import Bundle

    for folder in folders:
        for manifest in sorted({*folder.glob(MANIFEST), *folder.glob(f"*/{MANIFEST}")}):
            if manifest.parent.name.startswith("."):
                continue
            try:
                Bundle.load(manifest.parent, with_model=False)
            except ReadableError as error:
                yield f"The model in {manifest.parent}: {error}"
