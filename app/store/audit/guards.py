"""What makes the database itself refuse any change of the audit but the next entry.

A trigger does not stop someone who may change the tables: such a person can remove it. That is what
the chain and its anchors are for; ``missing`` says where a guard is gone. Where these statements
change, a migration has to put the guards up anew.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from app.domain.audit.entries import FIRST_PREVIOUS

TABLE = "audit"
FUNCTION = "audit_guard"
REFUSED = "entries of the audit are never changed, removed or put in between"
_SQLITE = ("audit_no_update", "audit_no_delete", "audit_only_next")
_POSTGRES = ("audit_only_next", "audit_no_change", "audit_no_truncate")


def create_statements(dialect: str) -> tuple[str, ...]:
    """The statements that put the guards up.

    Args:
        dialect: "sqlite" or "postgresql".
    """
    return _sqlite_statements() if dialect == "sqlite" else _postgres_statements()


def drop_statements(dialect: str) -> tuple[str, ...]:
    """The statements that remove what stays behind when the table is dropped."""
    return () if dialect == "sqlite" else (f"DROP FUNCTION IF EXISTS {FUNCTION}() CASCADE",)


def missing(connection: Connection) -> tuple[str, ...]:
    """Names of the guards that are not there or do not work."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
        kept = {name: _squeezed(sql) for name, sql in connection.execute(text(query))}
        wanted = dict(zip(_SQLITE, map(_squeezed, _sqlite_statements()), strict=True))
        return tuple(name for name, sql in wanted.items() if kept.get(name) != sql)
    query = (
        "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE t.tgrelid = CAST('audit' AS regclass) AND t.tgenabled = 'A'"
    )
    working = {name: _squeezed(source) for name, source in connection.execute(text(query))}
    body = _squeezed(_POSTGRES_BODY)
    return tuple(name for name in _POSTGRES if working.get(name) != body)


def _squeezed(statement: str) -> str:
    return " ".join(statement.split())


def _sqlite_statements() -> tuple[str, ...]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    # INSERT OR REPLACE removes a row without asking the trigger for deletions: what is inserted
    # must be the next entry.
    return (
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {refuse}",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {refuse}",
        f"""CREATE TRIGGER audit_only_next BEFORE INSERT ON audit
        WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM audit)
        OR NEW.previous <> coalesce(
            (SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1), '{FIRST_PREVIOUS}')
        {refuse}""",
    )


# The statement is made for the table's own schema: while a backup is restored no schema is looked
# through by itself.
_POSTGRES_BODY = f"""
DECLARE
    last_sequence integer;
    last_hash text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format('SELECT sequence, hash FROM %I.%I ORDER BY sequence DESC LIMIT 1',
            TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO last_sequence, last_hash;
        IF NEW.sequence = coalesce(last_sequence, 0) + 1
            AND NEW.previous = coalesce(last_hash, '{FIRST_PREVIOUS}') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation';
END
"""


def _postgres_statements() -> tuple[str, ...]:
    run = f"EXECUTE FUNCTION {FUNCTION}()"
    events = ("INSERT ON audit FOR EACH ROW", "UPDATE OR DELETE ON audit", "TRUNCATE ON audit")
    triggers = tuple(zip(_POSTGRES, events, strict=True))
    return (
        f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql "
        f"AS $guard${_POSTGRES_BODY}$guard$",
        *(f"CREATE TRIGGER {name} BEFORE {event} {run}" for name, event in triggers),
        # Without ALWAYS a session that says it is a replica would pass.
        *(f"ALTER TABLE audit ENABLE ALWAYS TRIGGER {name}" for name in _POSTGRES),
    )
