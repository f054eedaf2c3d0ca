"""The way back from a pseudonym to a person, for the holder of the key."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import NotFound
from app.domain.permissions import needs
from app.services.audit.recording import record
from app.services.deidentify.key import PseudonymKey
from app.services.workplace import Workplace


@dataclass(frozen=True)
class Identity:
    """Whom one stored image is of."""

    patient: str
    """Pseudonym."""
    image: str
    """The stored file's name without its ending; "" of a file that was not taken in."""
    told: dict[str, str]
    """What the file said, by keyword, and under "file" the name it came with."""


@needs("reidentify")
def reidentify(
    workplace: Workplace,
    pseudonym: str,
    *,
    key: PseudonymKey,
) -> tuple[Identity, ...]:
    """Whom a pseudonym stands for. The audit says who asked, before anything is opened.

    Args:
        workplace: where.
        pseudonym: of a patient, of a file (its name), of a study or series, or a case's id.
        key: the one that was in use on intake.

    Raises:
        NotFound: nothing of that name is stored.
        WrongKey: it was sealed by another key.
    """
    with workplace.store.write() as tx:
        notes = tx.identities.find(pseudonym)
        paths = [] if notes else tx.identities.sealed_paths(pseudonym)
        if notes or paths:
            # An entry's subject is an id without dots, which UIDs and names of files have.
            record(workplace, tx, "person looked up", subject=pseudonym.replace(".", "-"))
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
