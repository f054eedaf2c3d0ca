"""The one place that every row of the list passes on its way to whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.domain.cases import CaseRow
from app.domain.permissions import within
from app.services.workplace import Workplace
from app.store.sql_store import Transaction


@within
def given(workplace: Workplace, tx: Transaction, rows: Iterable[CaseRow]) -> tuple[CaseRow, ...]:
    """The rows as this person may see them: their own claims and drafts are marked, and what is on
    its way to archives.

    Whatever a row may not tell somebody is to be taken out of it here.
    """
    shown = tuple(rows)
    begun = tx.drafts.among(workplace.reader, [row.case_id for row in shown])
    marks = tx.outbox.marks([row.case_id for row in shown if not row.is_hidden])
    return tuple(
        replace(
            row,
            is_own=row.held_by == workplace.reader,
            has_draft=row.case_id in begun,
            sending=marks.get(row.case_id),
        )
        for row in shown
    )
