"""Stores for the store's tests."""

from collections.abc import Iterator

import pytest

from app.store.sql_store import SqlStore


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An empty store on each kind of database."""
    opened = SqlStore(database_url)
    yield opened
    opened.close()
