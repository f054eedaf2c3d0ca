"""DICOM objects are made of what other tests read from both kinds of database."""

from tests.app.store.one_database import one_database  # noqa: F401
