"""The one place that every row of the list passes on its way to whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.domain.cases import CaseRow
from app.domain.permissions import within
from app.services.workplace import Workplace


@within
def given(workplace: Workplace, rows: Iterable[CaseRow]) -> tuple[CaseRow, ...]:
    """The rows as this person may see them: their own claims are marked as theirs.

    Whatever a row may not tell somebody is to be taken out of it here.
    """
    return tuple(
        replace(row, is_own=True) if row.held_by == workplace.reader else row for row in rows
    )
