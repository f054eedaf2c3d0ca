"""A report is made of what other tests read from both kinds of database."""

from tests.app.store.one_database import one_database  # noqa: F401
