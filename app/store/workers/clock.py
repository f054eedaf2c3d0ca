"""The database's own time: workers on several machines are compared by no other clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.store.rows import UtcTime


class DatabaseTime(ColumnElement[Any]):
    """The moment at which the statement runs, as columns of the store hold it.

    Args:
        ago: seconds before that; after it where negative.
    """

    inherit_cache = False
    type = UtcTime()

    def __init__(self, *, ago: float = 0.0) -> None:
        self.ago = float(ago)


@compiles(DatabaseTime, "postgresql")
def _on_postgresql(element: DatabaseTime, compiler: SQLCompiler, **more: Any) -> str:
    return f"(timezone('utc', clock_timestamp()) - interval '{element.ago:.3f} seconds')"


@compiles(DatabaseTime)
def _on_sqlite(element: DatabaseTime, compiler: SQLCompiler, **more: Any) -> str:
    # Text with six digits of a second, as SQLAlchemy writes it: columns are compared as text.
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', '{-element.ago:+.3f} seconds') || '000')"
