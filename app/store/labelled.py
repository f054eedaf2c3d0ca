"""Which rows carry a label: alone, or as one of those that a multi-label model called."""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal, or_
from sqlalchemy.orm import InstrumentedAttribute

from dprotonet.modeling.options import AND


def labelled(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], label: str
) -> ColumnElement[bool]:
    """The condition that a column holds the label, or holds it among several."""
    among = (literal(AND) + column + literal(AND)).contains(AND + label + AND, autoescape=True)
    return or_(column == label, among)
