"""Whom de-identified images are of: sealed notes, which only the key of the pseudonyms opens.

A note lives as long as the stored file that it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.store.rows import CaseEntry, IdentityEntry, JobItemEntry


@dataclass(frozen=True)
class SealedIdentity:
    """One note."""

    patient: str
    """Pseudonym of the patient."""
    image: str
    """The stored file's name without its ending."""
    sealed: str
    """Not to be read without the key."""


class Identities:
    """The identity table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, blob_key: str, identity: SealedIdentity) -> None:
        """Write the note of a stored file, in place of an earlier one."""
        self._session.merge(
            IdentityEntry(
                blob_key=blob_key,
                patient=identity.patient,
                image=identity.image,
                sealed=identity.sealed,
            )
        )
        self._session.flush()

    def patient_of(self, blob_key: str) -> str:
        """Pseudonym of the patient that a stored file is of; empty where none was given."""
        entry = self._session.get(IdentityEntry, blob_key)
        return "" if entry is None else entry.patient

    def note_of(self, blob_key: str) -> str | None:
        """The sealed note of a stored file; None where none was made."""
        entry = self._session.get(IdentityEntry, blob_key)
        return None if entry is None else entry.sealed

    def find(self, pseudonym: str) -> Sequence[SealedIdentity]:
        """The notes that a pseudonym leads to.

        Args:
            pseudonym: of a patient, a file's name with or without its ending, a case's id, or the
                new identifier of a study or series.
        """
        cases = select(CaseEntry.file_sha256).where(
            or_(
                CaseEntry.id == pseudonym,
                CaseEntry.study_uid == pseudonym,
                CaseEntry.series_uid == pseudonym,
            )
        )
        entries = self._session.scalars(
            select(IdentityEntry)
            .where(
                or_(
                    IdentityEntry.patient == pseudonym,
                    IdentityEntry.image.in_((pseudonym, pseudonym.rpartition(".")[0])),
                    IdentityEntry.blob_key.in_(cases),
                )
            )
            .order_by(IdentityEntry.patient, IdentityEntry.image)
        )
        return [SealedIdentity(entry.patient, entry.image, entry.sealed) for entry in entries]

    def sealed_paths(self, name: str) -> Sequence[str]:
        """Sealed paths of files of server folders that batches show under this name."""
        query = select(JobItemEntry.path).where(
            JobItemEntry.name == name, JobItemEntry.path.is_not(None)
        )
        return [path for path in self._session.scalars(query) if path is not None]

    def delete(self, blob_key: str) -> None:
        """Forget whom a file was of."""
        self._session.execute(delete(IdentityEntry).where(IdentityEntry.blob_key == blob_key))
