"""A change that one reader tried on one frame, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.interventions.changes import Change
from dprotonet.inference.intervention import InterventionResult

TryState = Literal["waiting", "running", "done", "failed", "cancelled"]
MOST_TRIED = 40
"""Tries that a revision keeps, the newest."""
FAR = 2.0
"""Standard deviations from the control's mean, from which a region stands out among random ones."""


@dataclass(frozen=True)
class Try:
    """One try."""

    try_id: str
    case_id: str
    frame: int
    model: str
    """Digest of the bundle."""
    site: str
    """Digest of the site's settings; "" for the model's own."""
    key: str
    """Names the work (:meth:`~app.domain.interventions.changes.Change.key`)."""
    reader: str
    change: Change
    state: TryState
    message: str
    """Why it failed or was cancelled; empty else."""
    result: InterventionResult | None
    """Of a try that is done."""
    asked_at: datetime
    attempts: int = 0

    @property
    def is_active(self) -> bool:
        """Waiting or running."""
        return self.state in ("waiting", "running")


def stands_out(result: InterventionResult, name: str) -> bool | None:
    """Whether a region moves a class's probability elsewhere than random ones of its size do; None
    without a control."""
    control = result.control
    if control is None:
        return None
    return abs(result.probabilities[name] - control.mean[name]) > FAR * control.sd[name]
