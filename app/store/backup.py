"""Copies of the database that are whole even while others write to it.

The blobs need none: they are never changed, so that copying their folder at any time will do.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, make_url

from app.domain.errors import Refused

log = logging.getLogger(__name__)
KEPT = 5  # backups; older ones go, because they still hold the rows of cases deleted since


def backup(url: str, folder: Path, *, now: datetime) -> Path:
    """Write a backup and remove all but the newest few.

    Args:
        url: of the database.
        folder: where backups lie.
        now: for the name.

    Returns:
        The file: an SQLite database, or PostgreSQL's custom dump for ``pg_restore``.

    Raises:
        Refused: it cannot be made; the sentence says why.
    """
    parsed = make_url(url)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    ending = "sqlite3" if is_sqlite else "dump"
    target = folder / f"review-{now:%Y%m%d-%H%M%S-%f}.{ending}"
    staged = target.with_suffix(".part")
    try:
        _copy_sqlite(parsed, staged) if is_sqlite else _dump_postgres(parsed, staged)
        os.replace(staged, target)
    finally:
        staged.unlink(missing_ok=True)
    for old in sorted(folder.glob(f"review-*.{ending}"))[:-KEPT]:
        old.unlink()
    log.info("backup written, %d bytes", target.stat().st_size)
    return target


def _copy_sqlite(url: URL, target: Path) -> None:
    if not url.database or not Path(url.database).is_file():
        raise Refused("There is no database yet, so there is nothing to back up.")
    with (
        closing(sqlite3.connect(url.database, timeout=30)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        # One plain file: a backup should not need a journal beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise Refused(
                "The database is damaged: its backup failed the check. "
                "Restore an earlier backup from the data folder's backups."
            )
    target.chmod(0o600)


def _dump_postgres(url: URL, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise Refused(
            "A backup of PostgreSQL needs its pg_dump, which is not on the PATH. "
            "Install PostgreSQL's client programs."
        )
    plain = url.set(drivername="postgresql", password=None)
    environment = dict(os.environ)
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(
        [program, "--format=custom", f"--file={target}", plain.render_as_string()],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        log.error("pg_dump ended with status %d", done.returncode)
        raise Refused(
            "The backup of PostgreSQL failed: " + (done.stderr.strip().splitlines() or ["?"])[-1]
        )
    target.chmod(0o600)
