"""Databases and small models: one set-up of each for all tests of the application."""

from tests.app.services.workplaces import assets, readers
from tests.app.store.databases import (
    database_url,
    empty_postgres,
    empty_sqlite,
    postgres_server,
    sqlite_url,
)
from tests.s3 import bucket, s3_server

__all__ = [
    "assets",
    "bucket",
    "database_url",
    "empty_postgres",
    "empty_sqlite",
    "postgres_server",
    "readers",
    "s3_server",
    "sqlite_url",
]
