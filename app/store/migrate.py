"""Bringing the database up to date, with a backup before anything is changed."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.domain.errors import Damaged, DiskFull, Refused
from app.store.backup import backup
from app.store.errors import readable_errors
from app.store.sql_store import make_engine, reserve_of

log = logging.getLogger(__name__)
LATER = (
    "The database was made by a later version of this program. "
    "Use that version, or restore a backup from before it."
)
STRAYS = (
    "The database is damaged: some of its rows belong to others that are missing. It was left as "
    "it is. Restore a backup with: python -m app restore FILE"
)
MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(url: str, *, backups: Path | None, now: datetime) -> Path | None:
    """Run the migrations that are missing; a database that has rows is backed up first.

    Args:
        url: of the database.
        backups: folder for the backup; None for a copy that needs none.
        now: for the backup's name.

    Returns:
        The backup, or None where nothing had to be changed or the database was new.

    Raises:
        Refused: the database was made by a later version of this program.
        Unavailable: the database cannot be reached, is damaged, or its disk is full.
    """
    try:
        with readable_errors():
            return _upgrade(url, backups, now)
    except DiskFull:
        # Even opening the database takes some room: a start on a full disk gets what was kept back,
        # so that cases can be deleted.
        reserve = reserve_of(url)
        if reserve is None or not reserve.give_back():
            raise
    with readable_errors():
        return _upgrade(url, backups, now)


def knows(revision: str | None) -> bool:
    """Is this a revision of the database that this version of the program can bring up to date?"""
    scripts = ScriptDirectory.from_config(_config())
    return revision in {script.revision for script in scripts.walk_revisions()} | {None}


def is_up_to_date(url: str) -> bool:
    """Is the database of the newest revision that this version of the program knows?

    Raises:
        Unavailable: it cannot be reached.
    """
    engine = make_engine(url)
    try:
        with readable_errors(), engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _upgrade(url: str, backups: Path | None, now: datetime) -> Path | None:
    config = _config()
    head = ScriptDirectory.from_config(config).get_current_head()
    # A table that is rebuilt is dropped on the way, which with foreign keys on would delete the
    # rows that hang on it: they are switched off for migrations and checked after.
    engine = make_engine(url, foreign_keys=False)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            is_new = not inspect(connection).get_table_names()
        if current == head:
            return None
        if not knows(current):
            raise Refused(LATER)
        saved = None if is_new or backups is None else backup(url, backups, now=now)
        with engine.execution_options(dprotonet_begin="IMMEDIATE").begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _check(connection)
    finally:
        engine.dispose()
    log.info("database brought to revision %s", head)
    return saved


def _check(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise Damaged(STRAYS)
