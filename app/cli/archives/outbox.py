"""The commands ``outbox list``, ``retry`` and ``cancel``: what leaves for archives, and how far."""

from __future__ import annotations

from app.cli.archives.requests import (
    CancelSending,
    ListOutbox,
    OutboxRequest,
    RetrySending,
)
from app.cli.database import ready_workplace
from app.domain.sending.sending import OPEN, SEND_STATES
from app.domain.text import counted
from app.services.sending import asking
from app.services.sending.words import state_text
from app.services.workplace import Workplace
from app.settings import Settings


def run(settings: Settings, request: OutboxRequest) -> int:
    """One command; what it changes holds at once, for the workers that run too."""
    with ready_workplace(settings) as workplace:
        match request:
            case ListOutbox():
                _list(workplace, every=request.all)
            case RetrySending(sending=None):
                print(f"{counted(asking.retry_all(workplace), 'revision')} to be sent again.")
            case RetrySending(sending=str(sending)):
                asking.retry(workplace, sending)
                print(f"{sending}: to be sent again.")
            case CancelSending():
                asking.cancel(workplace, request.sending)
                print(f"{request.sending}: cancelled.")
    return 0


def _list(workplace: Workplace, *, every: bool) -> None:
    if not workplace.settings.sending.sends:
        print("This installation sends nothing: DPROTONET_SEND_TO names no archive.")
    states = SEND_STATES if every else (*OPEN, "refused", "failed")
    for one in asking.listed(workplace, states):
        frame = f" frame {one.frame + 1}" if one.frame else ""
        print(
            f"{one.sending_id}  case {one.case_id}{frame} revision {one.revision}  "
            f"{state_text(one)}"
        )
