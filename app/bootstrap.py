"""Settings become a workplace: the one module that knows every part."""

from __future__ import annotations

import getpass
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from app.domain.actors import NOBODY, Actor
from app.domain.errors import Refused
from app.services import binding
from app.services.adapters.bundle_registry import Registry
from app.services.adapters.image_reader import ImageReader
from app.services.deidentify import patients
from app.services.upload_ledger import UploadLedger
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.errors import readable_errors
from app.store.files.blobs import Blobs
from app.store.files.sealing import SealKey
from app.store.files.secret_keys import read_secret
from app.store.files.spool import Spool
from app.store.sql_store import SqlStore

_opening = threading.Lock()
_opened: dict[Settings, Workplace] = {}


def shared_workplace(settings: Settings) -> Workplace:
    """The one workplace of this process for these settings, shared by its pages and routes.

    It is opened at the first call; threads that call at the same time get the same one. Until the
    question of the first start is answered, each call looks for the answer. Its actor
    is nobody: pages and routes take :meth:`Workplace.of` whoever asks.

    Raises:
        As :func:`open_workplace`; the next call tries again.
    """
    with _opening:
        opened = _opened.get(settings) or open_workplace(settings).of(NOBODY)
        if opened.awaits_choice:
            now = patients.with_choice(opened)
            opened = opened if now.awaits_choice else now
        _opened[settings] = opened
        return opened


def open_workplace(settings: Settings, *, actor: Actor | None = None) -> Workplace:
    """Open the data folder; its database must have been brought up to date before.

    Args:
        settings: where it lies.
        actor: who acts; None: the system user, to whom the data folder belongs.

    Raises:
        Unbound: the database and the folder do not belong together.
        Unavailable: one of them cannot be used; the sentence says why.
        Refused: what the settings say of patients' images is not what was chosen before, or the
            key of their pseudonyms cannot be used.
    """
    workplace = open_unchecked(settings)
    try:
        binding.check(workplace)
        workplace.store.keep_reserve()
        workplace = patients.with_choice(workplace)
        return workplace if actor is None else workplace.of(actor)
    except BaseException:
        workplace.close()
        raise


def open_unchecked(settings: Settings) -> Workplace:
    """The same without asking whether database and folder belong together."""
    prepare_data_folder(settings)
    return Workplace(
        settings=settings,
        store=SqlStore(settings.store_url),
        blobs=open_blobs(settings),
        models=Registry(settings.model_folders),
        image_reader=ImageReader(),
        uploads=UploadLedger(Spool(settings.spool)),
        actor=Actor(system_user()),
        clock=lambda: datetime.now(UTC),
    )


def open_blobs(settings: Settings) -> Blobs:
    """The stored files, with the keys that they are sealed with.

    Raises:
        WrongKey: a key cannot be used, or is not the one that files are sealed with.
    """

    def key(text: str, variable: str) -> SealKey | None:
        return SealKey(read_secret(text, variable=variable, data=settings.data)) if text else None

    blobs = Blobs(
        settings.blob_root,
        key=key(settings.blob_key, "DPROTONET_BLOB_KEY"),
        old_key=key(settings.old_blob_key, "DPROTONET_OLD_BLOB_KEY"),
    )
    blobs.notes.check_key()
    return blobs


def prepare_data_folder(settings: Settings) -> None:
    """Make the data folder, closed to other users: images and readings are in it.

    Raises:
        Unavailable: it cannot be made or written to.
        Refused: a file is in its way.
    """
    with _as_folder(settings), readable_errors():
        new = not settings.data.exists()
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if new and os.name == "posix":
            settings.data.chmod(0o700)
        for folder in (
            *(() if settings.bucket else (settings.blobs,)),
            settings.spool,
            settings.own_models,
            settings.galleries,
            settings.learning,
            settings.checks,
            settings.backups,
        ):
            folder.mkdir(exist_ok=True, mode=0o700)


@contextmanager
def _as_folder(settings: Settings) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise Refused(
            f"{settings.data} cannot be used as the data folder: a file is in its way. "
            "Give another folder with DPROTONET_DATA."
        ) from None


def system_user() -> str:
    """Name of the person at this machine; a container without one says “reader”."""
    try:
        return getpass.getuser()[:200]
    except (OSError, KeyError, ImportError):
        return "reader"
