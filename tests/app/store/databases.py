"""Empty databases for tests: SQLite always, PostgreSQL where its programs are installed.

The same tests run on both. With ``CI=true`` a missing PostgreSQL fails the tests that need one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.store.migrate import upgrade

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("empty")
    upgrade(f"sqlite:///{folder / 'empty.sqlite3'}", backups=folder, now=NOW)
    return folder / "empty.sqlite3"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL cluster of our own on a socket; the URL up to the database's name."""
    programs = _postgres_programs()
    if programs is None:
        message = "PostgreSQL's initdb is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = None
    if os.name == "posix" and os.geteuid() == 0:
        user = "postgres"  # the server refuses to run as root
        shutil.chown(folder, user)

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [str(programs / program), *words],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://postgres@/NAME?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The cluster with a migrated database "empty" to copy."""
    _admin(postgres_server, "CREATE DATABASE empty")
    upgrade(
        postgres_server.replace("NAME", "empty"), backups=tmp_path_factory.mktemp("none"), now=NOW
    )
    return postgres_server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database of each kind."""
    if request.param == "sqlite":
        target = tmp_path / "review.sqlite3"
        shutil.copy(request.getfixturevalue("empty_sqlite"), target)
        yield f"sqlite:///{target}"
        return
    server = request.getfixturevalue("empty_postgres")
    name = f"t{uuid.uuid4().hex}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE empty")
    yield server.replace("NAME", name)
    _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    """An empty, migrated SQLite database, for what does not depend on the kind."""
    target = tmp_path / "review.sqlite3"
    shutil.copy(empty_sqlite, target)
    return f"sqlite:///{target}"


def _postgres_programs() -> Path | None:
    result = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if result:
        return result[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None


def _admin(server: str, statement: str) -> None:
    engine = create_engine(server.replace("NAME", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
