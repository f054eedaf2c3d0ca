"""Empty databases for tests: SQLite always, PostgreSQL where its programs are installed.

The same tests run on both. With ``CI=true`` a missing PostgreSQL fails the tests that need one.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.store.migrate import upgrade
from tests.app.store.postgres import PostgresServer, postgres_programs

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("empty")
    upgrade(f"sqlite:///{folder / 'empty.sqlite3'}", backups=folder, now=NOW)
    return folder / "empty.sqlite3"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL cluster of our own on a socket."""
    programs = postgres_programs()
    if programs is None:
        message = "PostgreSQL's initdb is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    server = PostgresServer(programs)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.remove()


@pytest.fixture(scope="session")
def empty_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> PostgresServer:
    """The cluster with a migrated database "empty" to copy."""
    url = postgres_server.database("empty")
    upgrade(url, backups=tmp_path_factory.mktemp("none"), now=NOW)
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
    # Copied as files: through the journal, as by default, it takes five times as long.
    server.administer(f"CREATE DATABASE {name} TEMPLATE empty STRATEGY FILE_COPY")
    yield server.url.replace("NAME", name)
    server.administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    """An empty, migrated SQLite database, for what does not depend on the kind."""
    target = tmp_path / "review.sqlite3"
    shutil.copy(empty_sqlite, target)
    return f"sqlite:///{target}"
