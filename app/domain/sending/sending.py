"""One revision on its way to one archive: states, and how long it waits after a failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from app.domain.actors import Actor

SendState = Literal["waiting", "sending", "sent", "refused", "failed", "cancelled"]
"""refused: by the archive, or by the site's settings, so that trying again changes nothing by
itself; failed: given up, or the objects could not be made."""
SEND_STATES: tuple[SendState, ...] = get_args(SendState)
OPEN: tuple[SendState, ...] = ("waiting", "sending")
AGAIN: tuple[SendState, ...] = ("refused", "failed", "cancelled")
"""What a person may try again."""
FIRST_WAIT = 30.0  # seconds after the first failure; each further one doubles it
LONGEST_WAIT = 3600.0  # seconds
MOST_ATTEMPTS = 100  # after about four days
HELD_SECONDS = 600.0  # between two looks whether a study still has the image read blind
_MARKED: tuple[SendState, ...] = ("refused", "failed", "sending", "waiting", "sent", "cancelled")


@dataclass(frozen=True)
class Sending:
    """One row of the outbox."""

    sending_id: str
    case_id: str
    frame: int
    """Counted from 0."""
    revision: int
    archive: str
    """Its name in the site's settings."""
    state: SendState
    attempts: int
    """How often it was begun, the present time included."""
    reason: str
    """Why it waits, was refused or failed; empty where there is nothing to say."""
    stored: tuple[str, ...]
    """SOP Instance UIDs of the objects that the archive says it has."""
    asked_by: Actor
    """Who signed, where that sends by itself, or who pressed Send."""
    asked_at: datetime
    sent_at: datetime | None
    wait: float = 0.0
    """Seconds until the next try, by the database's clock; 0 where it is due or over."""

    @property
    def subject(self) -> str:
        """How the audit names it; it begins as the signature's subject does."""
        return f"{self.case_id}:{self.frame}:{self.revision}:{self.archive}"


def wait_after(attempts: int) -> float | None:
    """Seconds until the next try after so many that failed, at least one; None: it is given up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return min(FIRST_WAIT * 2.0 ** min(attempts - 1, 30), LONGEST_WAIT)


def mark_of(states: Iterable[SendState]) -> SendState | None:
    """The one state that a list shows of several archives: what needs a person goes first; None
    where there is none."""
    return min(states, key=_MARKED.index, default=None)
