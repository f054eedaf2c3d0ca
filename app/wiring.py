"""Settings become a workplace: the one place that knows every part."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime

from app.services.bundles import Registry
from app.services.reading import FilmReader
from app.services.upload_ledger import UploadLedger
from app.services.workplace import Workplace
from app.settings import Settings
from app.store import Blobs, Spool, SqlStore

__all__ = ["Workplace", "open_workplace"]


def open_workplace(settings: Settings) -> Workplace:
    """Open the data folder; its database must have been brought up to date before."""
    prepare_data_folder(settings)
    return Workplace(
        settings=settings,
        store=SqlStore(settings.store_url),
        blobs=Blobs(str(settings.blobs)),
        models=Registry(settings.model_folders),
        films=FilmReader(),
        uploads=UploadLedger(Spool(settings.spool)),
        reader=system_user(),
        clock=lambda: datetime.now(UTC),
    )


def prepare_data_folder(settings: Settings) -> None:
    """Make the data folder, closed to other users: films and readings are in it."""
    new = not settings.data.exists()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if new and os.name == "posix":
        settings.data.chmod(0o700)
    for folder in (
        settings.blobs,
        settings.spool,
        settings.own_models,
        settings.galleries,
        settings.backups,
    ):
        folder.mkdir(exist_ok=True, mode=0o700)


def system_user() -> str:
    """Name of the person at this machine; a container without one says “reader”."""
    try:
        return getpass.getuser()[:200]
    except (OSError, KeyError, ImportError):
        return "reader"
