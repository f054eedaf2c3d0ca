"""The way back from a pseudonym to a person, for the holder of the key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.errors import NotFound
from app.services.deidentify.key import PseudonymKey
from app.services.workplace import Workplace
from app.store.sql_store import Transaction


@dataclass(frozen=True)
class Identity:
    """Whom one stored image is of."""

    patient: str
    """Pseudonym."""
    image: str
    """The stored file's name without its ending; "" of a file that was not taken in."""
    told: dict[str, str]
    """What the file said, by keyword, and under "file" the name it came with."""


def reidentify(
    workplace: Workplace,
    pseudonym: str,
    *,
    key: PseudonymKey,
    recorded: Callable[[Transaction, str], None] = lambda tx, pseudonym: None,
) -> tuple[Identity, ...]:
    """Whom a pseudonym stands for.

    Args:
        workplace: where.
        pseudonym: of a patient, of a file (its name), of a study or series, or a case's id.
        key: the one that was in use on intake.
        recorded: called in the transaction before anything is opened: the one place where an
            audit notes who asked for whom.

    Raises:
        NotFound: nothing of that name is stored.
        WrongKey: it was sealed by another key.
    """
    with workplace.store.write() as tx:
        recorded(tx, pseudonym)
        notes = tx.identities.find(pseudonym)
        paths = [] if notes else tx.identities.sealed_paths(pseudonym)
    if not notes and not paths:
        raise NotFound("Nothing is stored under this pseudonym. It may have been deleted.")
    found = [Identity(note.patient, note.image, _told(key, note.sealed)) for note in notes]
    found += [Identity("", "", _told(key, path)) for path in paths]
    return tuple(found)


def _told(key: PseudonymKey, sealed: str) -> dict[str, str]:
    note = key.unseal(sealed)
    if isinstance(note, str):
        return {"file": note}
    return {name: str(value) for name, value in note.items() if value}
