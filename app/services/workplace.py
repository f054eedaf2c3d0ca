"""What every service needs, in one frozen value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.actors import Actor
from app.services.adapters.bundle_registry import Registry
from app.services.adapters.image_reader import ImageReader
from app.services.upload_ledger import UploadLedger
from app.settings import Settings
from app.store.files.blobs import Blobs
from app.store.sql_store import SqlStore

if TYPE_CHECKING:
    from app.services.deidentify.key import PseudonymKey


@dataclass(frozen=True, eq=False)
class Workplace:
    """Settings, store, blobs and models of one data folder, and who sits in front of it."""

    settings: Settings
    store: SqlStore
    blobs: Blobs
    models: Registry
    image_reader: ImageReader
    """Decodes files in a child process."""
    uploads: UploadLedger
    """What browsers have sent that is not taken in yet."""
    reader: str
    """Name of the person: the system user's."""
    clock: Callable[[], datetime]
    """Aware time."""
    holds_patients: bool = False
    """Patients' images are held: there are no demo cases."""
    pseudonyms: PseudonymKey | None = None
    """The key with which files are de-identified on their way in; None: they are kept as they come.
    """

    @property
    def actor(self) -> Actor:
        """The person, as those who decide on changes of models are kept."""
        return Actor(self.reader)

    def close(self) -> None:
        """Give back connections and child processes."""
        self.image_reader.close()
        self.store.close()
