"""Databases for the store's tests."""

from tests.app.store.databases import (
    database_url,
    empty_postgres,
    empty_sqlite,
    postgres_server,
    sqlite_url,
)

__all__ = ["database_url", "empty_postgres", "empty_sqlite", "postgres_server", "sqlite_url"]
