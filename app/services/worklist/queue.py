"""The way through the list: the next case to read, the one before, and those around a case."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.cases import CaseFilters, CaseRow
from app.domain.permissions import needs
from app.services.studies import blinding
from app.services.worklist.given_rows import given
from app.services.workplace import Workplace

MOST = 200  # rows of a queue


@dataclass(frozen=True)
class Queue:
    """Some rows of the list in its order, among them the case that they are around."""

    rows: tuple[CaseRow, ...]
    position: int
    """Of that case in ``rows``."""
    is_start: bool
    """The list begins with the first of them."""
    is_end: bool
    """The list ends with the last of them."""


@needs("see cases")
def next_unread(
    workplace: Workplace, filters: CaseFilters | None = None, *, after: str | None = None
) -> CaseRow | None:
    """The next case to read: nobody has signed it, nobody else works on it, and there is something
    to be read, a prediction or the model's refusal.

    Args:
        workplace: whose reader would read it.
        filters: of the list, with its order. Whatever status they ask for is left aside.
        after: the open case. Those behind it come first, then the list from its start.

    Returns:
        None when everything is read, or others are at the rest.

    Raises:
        NotFound: the open case was deleted.
    """
    asked, now = filters or CaseFilters(), workplace.clock()
    with workplace.store.read() as tx:
        who = blinding.onlooker(workplace, tx)
        places = (after,) if after is None else (after, None)
        found = (
            tx.case_list.unread(asked, workplace.reader, after=place, now=now, onlooker=who)
            for place in places
        )
        row = next((one for one in found if one is not None), None)
        if row is None or row.case_id == after:
            return None
        return given(workplace, tx, [row])[0]


@needs("see cases")
def previous(
    workplace: Workplace, filters: CaseFilters | None = None, *, before: str
) -> CaseRow | None:
    """The case before another in the order of the list, read or not.

    Args:
        workplace: where.
        filters: of the list. Whatever status they ask for is left aside, so that the way back leads
            to what was signed just now.
        before: the open case.

    Returns:
        None at the start of the list.

    Raises:
        NotFound: the open case was deleted.
    """
    asked, now = replace(filters or CaseFilters(), status=None), workplace.clock()
    with workplace.store.read() as tx:
        rows = tx.case_list.beside(
            asked,
            before,
            forward=False,
            most=1,
            now=now,
            onlooker=blinding.onlooker(workplace, tx),
        )
        return next(iter(given(workplace, tx, rows)), None)


@needs("see cases")
def queue(
    workplace: Workplace, filters: CaseFilters | None = None, *, around: str, size: int = 50
) -> Queue:
    """Rows around a case in the order of the list, at most ``size`` before it and as many behind.

    It costs the same wherever in the list the case is.

    Args:
        workplace: where.
        filters: of the list.
        around: the open case; it is among the rows even where the filters leave it out, as one that
            was signed just now in a list of new ones.
        size: rows to each side, 200 at most.

    Raises:
        NotFound: the open case was deleted.
    """
    asked, now, most = filters or CaseFilters(), workplace.clock(), min(max(size, 1), MOST)
    with workplace.store.read() as tx:
        # One more than is given says whether the list goes on.
        who = blinding.onlooker(workplace, tx)
        ahead, behind = (
            tx.case_list.beside(
                asked, around, forward=forward, most=most + 1, now=now, onlooker=who
            )
            for forward in (False, True)
        )
        own = tx.case_list.row(around, now, onlooker=who)
        shown = ahead[:most]
        rows = given(workplace, tx, (*reversed(shown), own, *behind[:most]))
    return Queue(
        rows=rows,
        position=len(shown),
        is_start=len(ahead) <= most,
        is_end=len(behind) <= most,
    )
