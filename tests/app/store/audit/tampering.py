"""Somebody who may change the tables, and therefore can take the guards down."""

from __future__ import annotations

from sqlalchemy import text

from app.store.audit import guards
from app.store.sql_store import SqlStore


def take_guards_down(store: SqlStore) -> None:
    """No trigger refuses anything from now on."""
    run(
        store,
        *(
            ("ALTER TABLE audit DISABLE TRIGGER ALL",)
            if store.engine.dialect.name == "postgresql"
            else (f"DROP TRIGGER {name}" for name in guards._SQLITE)
        ),
    )


def run(store: SqlStore, *statements: str) -> None:
    """Each in a transaction of its own."""
    for statement in statements:
        with store.engine.begin() as connection:
            connection.execute(text(statement))
