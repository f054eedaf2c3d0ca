"""Columns that a walk along the list's order looks at, and that no index is to be chosen for."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.visitors import InternalTraversal

Value = TypeVar("Value")


class Walked(ColumnElement[Value]):
    """A column of the index that is walked.

    SQLite otherwise finds all rows with a value by another index and sorts them for one page: 90 ms
    of 100,000 cases. A unary plus keeps it from that (sqlite.org/optoverview.html, section 2).
    PostgreSQL knows from its statistics which is cheaper.
    """

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012

    def __init__(self, column: InstrumentedAttribute[Value]) -> None:
        self.column = column.__clause_element__()
        self.type = column.type


@compiles(Walked)
def _as_it_is(element: Walked[Any], compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.column, **more))


@compiles(Walked, "sqlite")
def _with_plus(element: Walked[Any], compiler: Any, **more: Any) -> str:
    return f"+{compiler.process(element.column, **more)}"
