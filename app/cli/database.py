"""The commands for the database: ``migrate`` and ``backup``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app import bootstrap
from app.domain.errors import Refused
from app.runtime.folder_lock import FolderLock
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.backup import backup
from app.store.migrate import is_up_to_date, upgrade


def migrate(settings: Settings) -> int:
    """Bring the database up to date while no server runs."""
    with FolderLock(settings.server_lock, note=f"migration, process {os.getpid()}"):
        saved = bring_up_to_date(settings)
        bootstrap.open_workplace(settings).close()  # says whether database and folder fit
    print("The database is up to date." + (f" Backup: {saved}" if saved else ""))
    return 0


def back_up(settings: Settings) -> int:
    """Write a backup into the data folder and print its path."""
    print(backup(settings.store_url, settings.backups, now=datetime.now(UTC)))
    return 0


def bring_up_to_date(settings: Settings) -> Path | None:
    """Run the migrations that are missing; returns the backup that was written before."""
    return upgrade(settings.store_url, backups=settings.backups, now=datetime.now(UTC))


def check_up_to_date(settings: Settings) -> None:
    """For a process beside a server, which brings the database up to date.

    Raises:
        Refused: it is not that of this version.
    """
    if not is_up_to_date(settings.store_url):
        raise Refused(
            "The database is not that of this version of the program. Start the server of this "
            "version, or run: python -m app migrate"
        )


@contextmanager
def ready_workplace(settings: Settings) -> Iterator[Workplace]:
    """The workplace of a command that needs a database which is up to date."""
    bring_up_to_date(settings)
    with closing(bootstrap.open_workplace(settings)) as workplace:
        yield workplace
