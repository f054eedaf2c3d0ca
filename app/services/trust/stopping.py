"""The stop switch of a model: one lead presses it, and it reads no new image until it is lifted.

What it said before stays where it is, with a note. Activating a model takes two persons; stopping
one takes a single one, since it must be quick.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from app.domain.errors import Refused
from app.domain.permissions import needs, within
from app.domain.trust import Stop, stop_reason
from app.services.audit.recording import record
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

_STOPPED = "stopped_models"  # the key among the settings


@needs("see models")
def stop_of(workplace: Workplace, digest: str) -> Stop | None:
    """Who stopped a model, when and why; None of one that is not stopped."""
    with workplace.store.read() as tx:
        return _stops(tx).get(digest)


@within
def stops(workplace: Workplace) -> dict[str, Stop]:
    """All models that are stopped, by digest."""
    with workplace.store.read() as tx:
        return _stops(tx)


@within
def require_running(workplace: Workplace, digest: str, name: str) -> None:
    """Refuse a model that is stopped.

    Raises:
        Refused: it is; the sentence says by whom and why.
    """
    stopped = stop_of(workplace, digest)
    if stopped is not None:
        raise Refused(
            f"{name} {digest[:8]} is {stopped.text} It reads nothing new until a lead lifts that "
            "on the Model page."
        )


@needs("change models")
def stop(workplace: Workplace, digest: str, reason: str) -> None:
    """Use a model for no new image any more, at once.

    Raises:
        NotFound: it is no longer there.
        Refused: no reason is given, or it is stopped already.
    """
    said = stop_reason(reason)
    workplace.models.get(digest)
    with workplace.store.write() as tx:
        found = _stops(tx)
        if digest in found:
            raise Refused(f"The model is {found[digest].text}")
        found[digest] = Stop(workplace.actor.name, workplace.clock(), said)
        _write(tx, found)
        content = hashlib.sha256(said.encode()).hexdigest()
        record(workplace, tx, "model stopped", subject=digest, bundle=digest, content=content)


@needs("change models")
def lift(workplace: Workplace, digest: str) -> None:
    """Use a model again as before.

    Raises:
        Refused: it is not stopped.
    """
    with workplace.store.write() as tx:
        found = _stops(tx)
        if found.pop(digest, None) is None:
            raise Refused("The model is not stopped.")
        _write(tx, found)
        record(workplace, tx, "model stop lifted", subject=digest, bundle=digest)


def _stops(tx: Transaction) -> dict[str, Stop]:
    kept: dict[str, Any] = tx.setting(_STOPPED) or {}
    return {
        digest: Stop(one["by"], datetime.fromisoformat(one["at"]), one["reason"])
        for digest, one in kept.items()
    }


def _write(tx: Transaction, found: dict[str, Stop]) -> None:
    tx.set_setting(
        _STOPPED,
        {
            digest: {"by": one.by, "at": one.at.isoformat(), "reason": one.reason}
            for digest, one in found.items()
        },
    )
