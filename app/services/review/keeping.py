"""The file of a case as it came, and the case's end."""

from __future__ import annotations

from app.domain.permissions import needs
from app.services import originals
from app.services.audit.recording import record_case
from app.services.workplace import Workplace
from app.store.sql_store import Transaction


@needs("export")
def original(workplace: Workplace, case_id: str) -> bytes:
    """The file as it came."""
    with workplace.store.read() as tx:
        key = tx.cases.get(case_id).file_sha256
    return workplace.blobs.read(key)


@needs("delete")
def delete_case(workplace: Workplace, case_id: str) -> None:
    """Remove an image with its original, predictions, heatmaps and revisions.

    A batch keeps its row, which says that the case was deleted.
    """

    def rows_go(tx: Transaction) -> set[str]:
        record_case(workplace, tx, "case deleted", tx.cases.get(case_id))
        return tx.cases.delete(case_id)

    originals.remove(workplace, rows_go)
