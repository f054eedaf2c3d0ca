"""Which model reads new images is decided by two persons, where there is more than one."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import Refused
from app.domain.permissions import needs, within
from app.services.audit.recording import record
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

_ASKED = "activation_asked_for"


@dataclass(frozen=True)
class AskedActivation:
    """A model that one person wants to be active, and nobody confirmed yet."""

    digest: str
    by: str
    """Name of the person."""


@needs("see models")
def asked_activation(workplace: Workplace) -> AskedActivation | None:
    """What waits for a second person; None where nothing does."""
    with workplace.store.read() as tx:
        return _asked(tx)


@within
def is_decided(workplace: Workplace, tx: Transaction, digest: str) -> bool:
    """Is there nobody else to ask, or did another person ask for this before?

    Where not, it is asked for from now on, in the place of what was asked for before.

    Raises:
        Refused: the same person asked for it before.
    """
    before, actor = _asked(tx), workplace.actor
    if actor.kind != "reader" or (before and before.digest == digest and before.by != actor.name):
        tx.set_setting(_ASKED, None)
        return True
    if before and before.digest == digest:
        raise Refused(
            "You asked for this model to be active. Another person with the role lead has to "
            "confirm it."
        )
    tx.set_setting(_ASKED, {"digest": digest, "by": actor.name})
    record(workplace, tx, "model activation asked for", subject=digest, bundle=digest)
    return False


def _asked(tx: Transaction) -> AskedActivation | None:
    found = tx.setting(_ASKED)
    return AskedActivation(found["digest"], found["by"]) if found else None
