"""Looking through the audit, as it stands in the database."""

from __future__ import annotations

from app.domain.audit.entries import AuditFilters, AuditHead, AuditPage
from app.domain.permissions import needs
from app.services.workplace import Workplace


@needs("see the audit")
def search(
    workplace: Workplace, filters: AuditFilters | None = None, *, page: int = 0, size: int = 50
) -> AuditPage:
    """One page of the audit, newest first."""
    with workplace.store.read() as tx:
        return tx.audit.page(filters or AuditFilters(), page=max(page, 0), size=size)


@needs("see the audit")
def actors(workplace: Workplace) -> tuple[str, ...]:
    """Names of all who appear in the audit."""
    with workplace.store.read() as tx:
        return tx.audit.actors()


@needs("see the audit")
def head(workplace: Workplace) -> AuditHead:
    """The last entry; number 0 where there is none."""
    with workplace.store.read() as tx:
        return tx.audit.head()
