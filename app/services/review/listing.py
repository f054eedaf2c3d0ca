"""The list of cases, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.cases import CaseFilters, CasePage
from app.domain.permissions import needs
from app.services.studies import blinding
from app.services.worklist.given_rows import given
from app.services.workplace import Workplace


@needs("see cases")
def list_cases(
    workplace: Workplace, filters: CaseFilters | None = None, *, page: int = 0, size: int = 25
) -> CasePage:
    """One page of the list, counted from 0; files of one study lie together."""
    asked, now = filters or CaseFilters(), workplace.clock()
    with workplace.store.read() as tx:
        found = tx.case_list.page(
            asked,
            page=max(page, 0),
            size=size,
            now=now,
            onlooker=blinding.onlooker(workplace, tx),
        )
        return replace(found, rows=given(workplace, tx, found.rows))


@needs("see cases")
def still_waiting(workplace: Workplace, case_ids: Sequence[str]) -> frozenset[str]:
    """Those of some cases whose prediction is still to come; cheap enough to ask often."""
    with workplace.store.read() as tx:
        return tx.case_list.waiting(case_ids)
