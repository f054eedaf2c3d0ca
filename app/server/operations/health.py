"""Can this process do what it is there for?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.domain.actors import PROGRAM
from app.services import condition
from app.services.workplace import Workplace
from app.store.errors import readable_errors
from dprotonet.errors import ReadableError


def readiness(get_workplace: Callable[[], Workplace]) -> Mapping[str, str]:
    """What a server needs, each "ok" or a sentence that says what is wrong."""
    try:
        with readable_errors():
            return condition.readiness(get_workplace().of(PROGRAM))
    except ReadableError:
        return {"database": "It does not answer. Look at the log of the server."}


def is_ready(found: Mapping[str, str]) -> bool:
    """Is everything as it should be?"""
    return all(sentence == condition.WELL for sentence in found.values())
