"""What every service needs, in one frozen value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.actors import Actor
from app.services.adapters.bundle_registry import Registry
from app.services.adapters.image_reader import ImageReader
from app.services.downloads.offers import Offers
from app.services.upload_ledger import UploadLedger
from app.settings import Settings
from app.store.files.blobs import Blobs
from app.store.sql_store import SqlStore

if TYPE_CHECKING:
    from app.services.deidentify.key import PseudonymKey


@dataclass(frozen=True, eq=False)
class Workplace:
    """Settings, store, blobs and models of one data folder, and who acts in it.

    Every use case takes it first, and so takes its actor: there is one for each person and request
    (:meth:`of`), and they share all the rest.
    """

    settings: Settings
    store: SqlStore
    blobs: Blobs
    models: Registry
    image_reader: ImageReader
    """Decodes files in a child process."""
    uploads: UploadLedger
    """What browsers have sent that is not taken in yet."""
    actor: Actor
    """The person for whom something is done; what they may do is asked of them."""
    clock: Callable[[], datetime]
    """Aware time."""
    holds_patients: bool = False
    """Patients' images are held: there are no demo cases."""
    awaits_choice: bool = False
    """Nobody had said whether they are when this was opened: no image is taken in before."""
    pseudonyms: PseudonymKey | None = None
    """The key with which files are de-identified on their way in; None: they are kept as they come.
    """
    offers: Offers = field(default_factory=Offers)
    """Files that pages offer."""

    @property
    def reader(self) -> str:
        """Name of the person, as signatures keep it."""
        return self.actor.name

    def of(self, actor: Actor) -> Workplace:
        """The same for another person."""
        return replace(self, actor=actor)

    def close(self) -> None:
        """Give back connections and child processes."""
        self.image_reader.close()
        self.store.close()
