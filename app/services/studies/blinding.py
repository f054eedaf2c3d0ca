"""The one place that knows what is hidden from whom: every service that gives something of what a
model says of a case asks here, in the transaction that reads it.

Hidden is all that comes of the model's answer on an image: label, probability, verdict of the gate,
heatmaps, prototypes, reads and annotations of others, and any order, filter or count made of them.
"""

from __future__ import annotations

from app.domain.errors import Forbidden
from app.domain.permissions import needs, within
from app.domain.studies.onlooker import Onlooker
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

READS_FIRST = "reads first"
HIDDEN = "Your own read of this case comes first. Lock it, then what the model says of it is shown."


@within
def onlooker(workplace: Workplace, tx: Transaction) -> Onlooker | None:
    """Whom something is hidden from; None: nothing is hidden from whoever acts."""
    actor = workplace.actor
    if actor.kind not in ("reader", "local reader"):
        return None
    return tx.blinding.onlooker(actor.name, reads_first=_reads_first(workplace, tx))


@within
def is_blind(workplace: Workplace, tx: Transaction, case_id: str, *, frame: int = 0) -> bool:
    """Is what the model says of this frame hidden from whoever acts?"""
    who = onlooker(workplace, tx)
    return who is not None and tx.blinding.is_hidden(who, case_id, frame=frame)


@within
def check_shown(workplace: Workplace, tx: Transaction, case_id: str, *, frame: int = 0) -> None:
    """Raise Forbidden if what the model says of this frame is hidden from whoever acts."""
    if is_blind(workplace, tx, case_id, frame=frame):
        raise Forbidden(HIDDEN)


@needs("see cases")
def reads_first(workplace: Workplace) -> bool:
    """Did this person choose that their own read comes first, on every image?"""
    with workplace.store.read() as tx:
        return _reads_first(workplace, tx)


@needs("sign")
def set_reads_first(workplace: Workplace, chosen: bool) -> None:
    """Choose it, or let it be."""
    with workplace.store.write() as tx:
        tx.preferences.set(workplace.reader, READS_FIRST, bool(chosen))


def _reads_first(workplace: Workplace, tx: Transaction) -> bool:
    return tx.preferences.get(workplace.reader, READS_FIRST, False) is True
