"""Copies of the database that are whole even while others write to it.

Stored files are never changed, so that copying them at any time after the database will do; that is
what :mod:`app.store.backups` does.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, make_url

from app.domain.errors import Damaged, Refused
from app.store import postgres_tools
from app.store.errors import DAMAGED, readable_errors
from dprotonet.atomic_files import replacement

log = logging.getLogger(__name__)
KEPT = 5  # backups; older ones go, because they still hold the rows of cases deleted since
USUAL = "review"  # how the names of backups begin


def backup(url: str, folder: Path, *, now: datetime, label: str = USUAL) -> Path:
    """Write a backup and remove all but the newest few of its label.

    Args:
        url: of the database.
        folder: where backups lie.
        now: for the name.
        label: how its name begins.

    Returns:
        The file: an SQLite database, or PostgreSQL's custom dump for ``pg_restore``.

    Raises:
        Refused: it cannot be made; the sentence says why.
        Unavailable: the database is gone or damaged, or the disk is full.
    """
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    ending = "sqlite3" if is_sqlite else "dump"
    target = folder / f"{label}-{now:%Y%m%d-%H%M%S-%f}.{ending}"
    with readable_errors():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with replacement(target) as staged:
            write_copy(url, staged)
        for old in sorted(folder.glob(f"{label}-*.{ending}"))[:-KEPT]:
            old.unlink()
    log.info("backup written, %d bytes", target.stat().st_size)
    return target


def write_copy(url: str, target: Path) -> None:
    """Write the database into a new file, whole even while others write to it.

    Raises:
        As :func:`backup`.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        copy_sqlite(parsed.database, target)
    else:
        _dump_postgres(parsed, target)


def copy_sqlite(source: str | Path | None, target: Path) -> None:
    """Copy an SQLite database as one plain, checked file that only this user may read.

    Raises:
        Refused: there is none.
        Damaged: it does not pass its check.
    """
    if not source or not Path(source).is_file():
        raise Refused("There is no database yet, so there is nothing to back up.")
    with (
        closing(sqlite3.connect(source, timeout=30)) as old,
        closing(sqlite3.connect(target)) as copy,
    ):
        target.chmod(0o600)
        old.backup(copy)
        # One plain file: a backup should not need a journal beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise Damaged(DAMAGED)


def _dump_postgres(url: URL, target: Path) -> None:
    output = postgres_tools.run(
        "pg_dump",
        "--format=custom",
        f"--file={target}",
        postgres_tools.address(url),
        password=url.password,
    )
    if output is None:
        raise Refused(
            "The backup of PostgreSQL failed. Check whether the server runs, whether the disk has "
            "room, and whether pg_dump is of the server's version or later."
        )
    target.chmod(0o600)
