"""For what does not depend on the kind of database, and whose parts others try on both kinds."""

import pytest


@pytest.fixture(name="database_url")
def one_database(sqlite_url: str) -> str:
    """Takes the place of the fixture for both kinds where a test module or conftest imports it."""
    return sqlite_url
