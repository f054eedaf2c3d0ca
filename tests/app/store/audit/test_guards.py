"""The database itself refuses to change, remove or put in entries."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.store.rows import Base
from app.store.sql_store import SqlStore, make_engine
from tests.app.domain.audit.audit_entries import chain, event
from tests.app.store.audit.tampering import run, take_guards_down

COPY = (
    "SELECT {}, version, recorded_at, actor, actor_kind, action, subject, image, bundle, settings, "
    "content, {}, hash, field_digests FROM audit WHERE sequence = 2"
)
REFUSED = (
    "UPDATE audit SET actor = 'Reader Two' WHERE sequence = 1",
    "UPDATE audit SET actor = actor",
    "DELETE FROM audit WHERE sequence = 3",
    "DELETE FROM audit",
    f"INSERT INTO audit {COPY.format(7, 'previous')}",  # leaves a gap
    f"INSERT INTO audit {COPY.format(4, 'previous')}",  # follows another entry
)
OF_SQLITE = (
    f"INSERT OR REPLACE INTO audit {COPY.format(2, 'previous')}",
    f"REPLACE INTO audit {COPY.format(3, 'previous')}",
    "UPDATE OR IGNORE audit SET actor = 'Reader Two'",
    "UPDATE OR REPLACE audit SET sequence = 1 WHERE sequence = 2",
)
OF_POSTGRES = (
    "TRUNCATE audit",
    "SET LOCAL session_replication_role = replica; DELETE FROM audit",
)


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    """Three entries."""
    with store.write() as tx:
        for number in (1, 2, 3):
            tx.audit.append(event(number))
    return store


def test_no_statement_changes_or_removes_an_entry(filled: SqlStore) -> None:
    own = OF_SQLITE if filled.engine.dialect.name == "sqlite" else OF_POSTGRES
    for statement in (*REFUSED, *own):
        with pytest.raises(IntegrityError, match="never changed, removed or put in"):
            run(filled, statement)
    with filled.read() as tx:
        assert list(tx.audit.entries()) == chain(3)


def test_a_guard_that_was_taken_down_or_altered_is_missed(filled: SqlStore) -> None:
    with filled.read() as tx:
        assert tx.audit.missing_guards() == ()
    if filled.engine.dialect.name == "postgresql":
        run(
            filled,
            "CREATE OR REPLACE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NEW; END'",
        )
    else:
        run(
            filled,
            "DROP TRIGGER audit_no_update",
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT 1; END",
        )
    with filled.read() as tx:
        assert "audit_no_update" in tx.audit.missing_guards() or (
            len(tx.audit.missing_guards()) == 3
        )
    take_guards_down(filled)
    with filled.read() as tx:
        assert len(tx.audit.missing_guards()) == 3


def test_tables_that_are_made_without_the_migrations_are_guarded_too(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'made.sqlite3'}")
    Base.metadata.create_all(engine)
    store = SqlStore(f"sqlite:///{tmp_path / 'made.sqlite3'}")
    with store.write() as tx:
        tx.audit.append(event(1))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))
    store.close()
    engine.dispose()
