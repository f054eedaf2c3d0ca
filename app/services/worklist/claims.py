"""Claims: while a reader works on a case, others are told, and their next unread is another one."""

from __future__ import annotations

from app.domain.permissions import needs
from app.domain.worklist.claims import Claim
from app.services.workplace import Workplace


@needs("sign")
def claim(workplace: Workplace, case_id: str) -> Claim | None:
    """Say that one begins with a case; to be called when it is opened, and as often as one likes.

    One's own claim is prolonged. Another's stays: whoever opens the case beside them may read and
    sign it all the same.

    Args:
        workplace: its reader begins.
        case_id: of the case.

    Returns:
        The claim in force: one's own or, then not of this reader, another's; None where that was
        given up in this moment.

    Raises:
        NotFound: the case was deleted.
    """
    now = workplace.clock()
    with workplace.store.read() as tx:
        tx.cases.get(case_id)
        held = tx.claims.of(case_id, now)
    if held is not None and (held.reader != workplace.reader or held.is_fresh(now)):
        return held  # nothing is written for what would change nothing
    with workplace.store.write() as tx:
        tx.cases.get(case_id)
        return tx.claims.take(case_id, workplace.reader, now)


@needs("sign")
def renew(workplace: Workplace, case_id: str) -> Claim | None:
    """Prolong one's claim while one works; to be called every few minutes.

    Returns:
        The claim; None where it is no longer this reader's: they have signed or left the case in
        another window, or it ran out and somebody else began.
    """
    now = workplace.clock()
    with workplace.store.read() as tx:
        held = tx.claims.of(case_id, now)
    if held is not None and held.reader == workplace.reader and held.is_fresh(now):
        return held
    with workplace.store.write() as tx:
        if not tx.claims.renew(case_id, workplace.reader, now):
            return None
        return tx.claims.of(case_id, now)


@needs("sign")
def release(workplace: Workplace, case_id: str) -> None:
    """Say that one has left a case; without a claim of one's own nothing happens."""
    with workplace.store.write() as tx:
        tx.claims.release(case_id, workplace.reader)
