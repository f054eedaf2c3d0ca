"""Databases for the store's tests."""

from collections.abc import Iterator

import pytest

from app.store.sql_store import SqlStore
from tests.app.store.databases import (
    database_url,
    empty_postgres,
    empty_sqlite,
    postgres_server,
    sqlite_url,
)

__all__ = ["database_url", "empty_postgres", "empty_sqlite", "postgres_server", "sqlite_url"]


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An empty store on each kind of database."""
    opened = SqlStore(database_url)
    yield opened
    opened.close()
