"""Putting a backup in the database's place: checked before, and swapped whole or not at all."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, inspect, make_url

from app.domain.errors import Damaged, Refused
from app.store import postgres_tools
from app.store.audit import guards
from app.store.backup import backup, copy_sqlite
from app.store.errors import readable_errors
from app.store.migrate import LATER, knows, upgrade
from app.store.rows import Base
from app.store.sql_store import BLOB_COLUMNS, make_engine, sqlite_file
from dprotonet.atomic_files import replacement

log = logging.getLogger(__name__)
PATIENCE = 10.0  # seconds for another program to let the database go
SAVED = "before-restore"  # how the names begin of what was there before
NO_BACKUP = (
    "This file is no backup of this program, or it is damaged. Take another one of the backups."
)
_ESCAPED = re.compile(r"\\(.)")
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
REVISIONS, SETTINGS = "alembic_version", "setting"
_NAMING = {(column.class_.__tablename__, column.key) for column in BLOB_COLUMNS}


@dataclass(frozen=True)
class BackupFacts:
    """What a backup says of itself."""

    identity: str
    """Of the data folder it belongs to; empty before there were ids."""
    names: frozenset[str]
    """Keys of the blobs that its rows name."""


def look(url: str, path: Path, *, identity_key: str) -> BackupFacts:
    """Check a backup from end to end.

    Args:
        url: of the database that it is for: SQLite and PostgreSQL do not read each other's.
        path: the backup.
        identity_key: of the id among the settings.

    Raises:
        Refused: it is missing, damaged, of another kind, or of a later version.
    """
    if not path.is_file():
        raise Refused(f"There is no file {path}. Name one of the backups.")
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    with readable_errors(), path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"PGDMP" if is_sqlite else b"SQLite format 3"):
        raise Refused(
            "This backup is of the other kind of database: SQLite's end in .sqlite3, PostgreSQL's "
            "in .dump. Take one of this database, or correct DPROTONET_DATABASE_URL."
        )
    tables = _sqlite_tables(path) if is_sqlite else _dumped_tables(path)
    if "version_num" not in next(iter(tables.get(REVISIONS, [])), {}):
        raise Refused(NO_BACKUP)
    if not knows(tables[REVISIONS][0]["version_num"]):
        raise Refused(LATER)
    return BackupFacts(
        identity=_identity(tables.get(SETTINGS, []), identity_key),
        names=frozenset(
            key
            for table, column in _NAMING
            for row in tables.get(table, [])
            if (key := row.get(column))
        ),
    )


def swap(url: str, path: Path, *, backups: Path, now: datetime) -> Path | None:
    """Put a backup in the database's place, brought up to date; nobody else may use the database.

    Args:
        url: of the database.
        path: a backup that :func:`look` has checked.
        backups: where what is there now is saved first.
        now: for that file's name.

    Returns:
        What was there before; None where there was no database.

    Raises:
        Refused: it could not be done; the database is as it was.
    """
    file = sqlite_file(url)
    with readable_errors():
        if file is not None:
            return _swap_sqlite(file, path, backups, now)
        return _swap_postgres(url, path, backups, now)


def _swap_sqlite(file: Path, path: Path, backups: Path, now: datetime) -> Path | None:
    with replacement(file) as staged:
        try:
            # Copied first: what is saved next could push the same file out of the folder of
            # backups.
            copy_sqlite(path, staged)
            upgrade(f"sqlite:///{staged}", backups=None, now=now)
            _as_one_file(staged)
            return _save_sqlite(file, backups, now)
        finally:
            for ending in ("-wal", "-shm"):
                Path(f"{staged}{ending}").unlink(missing_ok=True)


def _save_sqlite(file: Path, backups: Path, now: datetime) -> Path | None:
    """Save the database that is there, and leave no journal that the new one would read."""
    if not file.exists():
        return None
    url = f"sqlite:///{file}"
    try:
        with readable_errors():
            saved = backup(url, backups, now=now, label=SAVED)
            _as_one_file(file)
    except Damaged:
        log.warning("the database is damaged: its files are kept as they are")
        saved = backups / f"damaged-{now:%Y%m%d-%H%M%S-%f}.sqlite3"
        for ending in ("-wal", "-shm", ""):
            if Path(f"{file}{ending}").exists():
                os.replace(f"{file}{ending}", f"{saved}{ending}")
    return saved


def _as_one_file(file: Path) -> None:
    """Empty the journal and leave it; only who has the database alone can do so."""
    with closing(sqlite3.connect(file, timeout=PATIENCE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = "busy"
    if mode != "delete":
        raise Refused("Another program has the database open. End it, then restore again.")
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _swap_postgres(url: str, path: Path, backups: Path, now: datetime) -> Path | None:
    engine = make_engine(url)
    script = backups / f"{path.name}.part"
    try:
        ours = _our_tables(engine)
        _run_pg_restore("--no-owner", "--no-privileges", f"--file={script}", str(path))
        saved = backup(url, backups, now=now, label=SAVED) if ours else None
        _replace_tables(engine, ours, script)
    finally:
        engine.dispose()
        script.unlink(missing_ok=True)
    upgrade(url, backups=None, now=now)
    return saved


def _our_tables(engine: Engine) -> list[str]:
    known = {*Base.metadata.tables, REVISIONS}
    return [name for name in inspect(engine).get_table_names() if name in known]


def _replace_tables(engine: Engine, ours: list[str], script: Path) -> None:
    """Drop this program's tables and run the script, in one transaction."""
    drop = "".join(f'DROP TABLE IF EXISTS "{name}" CASCADE; ' for name in ours)
    drop += "".join(f"{statement}; " for statement in guards.drop_statements("postgresql"))
    output = postgres_tools.run(
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--command=SET lock_timeout = '30s'",
        f"--command={drop}",
        f"--file={script}",
        postgres_tools.address(engine.url),
        password=engine.url.password,
    )
    if output is None:
        raise Refused(
            "PostgreSQL could not restore this backup, and the database is as it was. Check "
            "whether another program uses the database, whether this user may make tables in it, "
            "and whether the disk has room."
        )


def rows_of(path: Path, kind: str, table: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of one table of a backup; none where it has no such table.

    Args:
        path: the backup.
        kind: "sqlite" or "postgresql".
        table: its name.
        columns: those wanted.

    Raises:
        Refused: it cannot be read.
    """
    if kind != "sqlite":
        return [
            {name: _unescaped(value) for name, value in row.items()}
            for row in _dumped_rows(path, table)
        ]
    listed = ", ".join(f'"{column}"' for column in columns)
    with _or_no_backup(), closing(_opened_unchanged(path)) as connection:
        known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
        if not connection.execute(known, (table,)).fetchone()[0]:
            return []
        rows = connection.execute(f'SELECT {listed} FROM "{table}"')
        return [dict(zip(columns, row, strict=True)) for row in rows]


def _sqlite_tables(path: Path) -> dict[str, list[dict[str, str]]]:
    wanted = {(REVISIONS, "version_num"), (SETTINGS, "key"), (SETTINGS, "value"), *_NAMING}
    tables: dict[str, list[dict[str, str]]] = {}
    with _or_no_backup(), closing(_opened_unchanged(path)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise Refused(NO_BACKUP)
        for table in {table for table, _ in wanted}:
            columns = sorted(column for name, column in wanted if name == table)
            listed = ", ".join(f'"{column}"' for column in columns)
            rows = connection.execute(f'SELECT {listed} FROM "{table}"')
            tables[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return tables


def _opened_unchanged(path: Path) -> sqlite3.Connection:
    # immutable: no journal is made beside a backup, which may lie on a read-only disk.
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


@contextmanager
def _or_no_backup() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error:
        raise Refused(NO_BACKUP) from None


def _dumped_tables(path: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of a dump that are looked at; all of it is unpacked, so that all is checked."""
    _run_pg_restore(f"--file={os.devnull}", str(path))
    names = {REVISIONS, SETTINGS} | {table for table, _ in _NAMING}
    return {name: _dumped_rows(path, name) for name in names}


def _dumped_rows(path: Path, table: str) -> list[dict[str, str]]:
    script = _run_pg_restore("--data-only", f"--table={table}", "--file=-", str(path))
    lines = iter(script.split("\n"))
    columns: list[str] = []
    for line in lines:
        if line.startswith("COPY ") and line.endswith(" FROM stdin;"):
            listed = line[line.index("(") + 1 : line.rindex(")")]
            columns = [name.strip().strip('"') for name in listed.split(",")]
            break
    rows = []
    for line in lines:
        if line == r"\.":
            break
        values = ["" if value == r"\N" else value for value in line.split("\t")]
        rows.append(dict(zip(columns, values, strict=True)))
    return rows


def _unescaped(value: str) -> str:
    r"""A value as COPY writes it: \\ for a backslash, \n for a line's end, and so on."""
    return _ESCAPED.sub(lambda match: _CONTROLS.get(match[1], match[1]), value)


def _run_pg_restore(*arguments: str) -> str:
    output = postgres_tools.run("pg_restore", *arguments)
    if output is None:
        raise Refused(NO_BACKUP)
    return output


def _identity(settings: list[dict[str, str]], key: str) -> str:
    for row in settings:
        if row.get("key") == key:
            value = json.loads(row["value"])
            return value if isinstance(value, str) else ""
    return ""
