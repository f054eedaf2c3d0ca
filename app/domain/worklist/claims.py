"""A claim: one reader works on a case, so others begin with another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LEASE = timedelta(minutes=15)
"""For how long a claim holds when nobody renews it."""
RENEWED_BELOW = timedelta(minutes=10)
"""A claim that holds for longer than this is not written again."""


@dataclass(frozen=True)
class Claim:
    """Who works on a case. It keeps nobody from opening or signing it."""

    case_id: str
    reader: str
    claimed_at: datetime
    expires_at: datetime
    """From then on it is as if it were not there."""

    def holds(self, now: datetime) -> bool:
        """Is it in force?"""
        return now < self.expires_at

    def is_fresh(self, now: datetime) -> bool:
        """Does it hold for so long that it need not be renewed yet?"""
        return self.expires_at - now > RENEWED_BELOW
