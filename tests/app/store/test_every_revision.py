"""From each revision that there ever was up to the newest and back: rows in every table stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, Table, insert, inspect, select, text

from app.store import migrate
from app.store.rows import Base
from app.store.sql_store import SqlStore, make_engine

NOT_OURS = {"alembic_version"}
PREDICTION = {
    "label": "sick",
    "probability": 0.75,
    "probabilities": {"well": 0.25, "sick": 0.75},
    "logits": {"well": 0.0, "sick": 1.0},
    "threshold": None,
    "matches": [],
    "closest_similarity": 0.5,
    "no_prototype_is_close": False,
    "seconds": 0.1,
    "bundle": "m",
}
FACTS = {
    "value_before": 0.8,
    "value_after": 0.7,
    "passes_forward": 32,
    "passes_backward": 16,
    "seconds": 0.5,
    "stop_reason": "steps",
    "raw_range": [0, 1],
    "placement": {"stored": [8, 8], "network": 8, "resized": [8, 8], "offset": [0, 0]},
}
SAID: dict[str, Any] = {
    "verdict": "accept",
    "confidence": 3,
    "state": "proposed",
    "label": "sick",
    "probability": 0.75,
    "result": PREDICTION,
    "facts": FACTS,
    "drawn_by": "search",
    "revision": 1,
    "tier": "standard",
    "site": "",
}
"""What a column must hold so that the row is one that the program could have written."""


def test_rows_of_every_revision_go_up_to_the_newest_and_back(database_url: str) -> None:
    scripts = ScriptDirectory.from_config(migrate._config())
    revisions = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    engine = make_engine(database_url, foreign_keys=False)
    step(engine, "base", command.downgrade)
    known: dict[str, set[str]] = {}
    for revision in revisions:
        step(engine, revision, command.upgrade)
        fill(engine, revision)
        known[revision] = names(engine)
    newest = rows(engine)
    assert newest["case"] == len(revisions) and set(newest) == set(Base.metadata.tables)
    assert all(newest.values())
    for revision in reversed(revisions[:-1]):
        step(engine, revision, command.downgrade)
        here = rows(engine)
        assert set(here) == known[revision], revision
        # What later revisions added to these tables is there too.
        assert here == {name: newest[name] for name in here}, revision
    step(engine, "head", command.upgrade)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
    store = SqlStore(database_url)
    with store.read() as tx:  # they can be read as what they are
        assert len({tx.cases.get(case_id).case_id for case_id in tx.cases.ids()}) == len(revisions)
        assert len(tx.annotations.revisions(f"case{revisions[0]}", frame=0)) == 1
        assert tx.audit.missing_guards() == ()
    store.close()


def step(engine: Engine, revision: str, direction: Any) -> None:
    """One step, as a start of the program does it: in one transaction, checked."""
    config = migrate._config()
    with engine.execution_options(dprotonet_begin="IMMEDIATE").begin() as connection:
        config.attributes["connection"] = connection
        direction(config, revision)
        if revision != "base":
            migrate._check(connection)


def tables(engine: Engine) -> list[Table]:
    """The tables as they are now, those first that others refer to."""
    metadata = MetaData()
    metadata.reflect(engine)
    return [table for table in metadata.sorted_tables if table.name not in NOT_OURS]


def rows(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        return {
            name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0
            for name in names(engine)
        }


def names(engine: Engine) -> set[str]:
    """The tables there are."""
    return set(inspect(engine).get_table_names()) - NOT_OURS


def fill(engine: Engine, revision: str) -> None:
    """Add one row to every table, with all columns that must hold something."""
    added: dict[str, dict[str, Any]] = {}
    with engine.begin() as connection:
        for table in tables(engine):
            row = added[table.name] = row_of(table, revision, added)
            if table.name == "audit":
                last = connection.execute(
                    select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc())
                ).first()
                row["sequence"] = last.sequence + 1 if last else 1
                row["previous"] = last.hash if last else "0" * 64
            result = connection.execute(insert(table).values(row))
            key = next(iter(table.primary_key.columns))
            row.setdefault(key.name, result.inserted_primary_key[0])  # type: ignore[index]


def row_of(table: Table, revision: str, added: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A row that the table of this revision takes."""
    row: dict[str, Any] = {}
    for column in table.columns:
        refers = next(iter(column.foreign_keys), None)
        if refers is not None and not column.nullable:
            row[column.name] = added[refers.column.table.name][refers.column.name]
        elif column.name in SAID:
            row[column.name] = SAID[column.name]
        elif not column.nullable and not is_numbered(column):
            row[column.name] = value(column, f"{table.name}{revision}")
    return row


def is_numbered(column: Any) -> bool:
    """The database gives the rows their numbers."""
    is_alone = len(column.table.primary_key.columns) == 1
    return bool(column.primary_key) and is_alone and column.type.python_type is int


def value(column: Any, name: str) -> Any:
    """Something of the column's type, another one in each revision where it is a text."""
    kind = column.type.python_type
    if kind is datetime:
        return datetime(2026, 3, 1, 12)
    if kind is str:
        return name[: column.type.length]
    return {bool: False, int: 0, float: 0.5}.get(kind, [])
