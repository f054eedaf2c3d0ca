"""Objects that senders store: each is a case, or was one before, when its sender is told so."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from weakref import WeakKeyDictionary

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode_file_meta
from pynetdicom.events import Event

from app.domain.actors import Actor
from app.receiver.answers import FAILED, LEAVING, STORED, TOO_LARGE, Answer, answer_to
from app.receiver.connections import bound
from app.services import condition
from app.services.inference import failures
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.errors import readable_errors
from dprotonet.errors import ReadableError
from dprotonet.images.deidentify.dicom import IMPLEMENTATION

log = logging.getLogger(__name__)
WRITER = "DPROTONET"  # in the meta header of what is kept


class Storing:
    """Answers senders; safe to use from the threads of several associations.

    Nothing waits in a spool: an object is read, de-identified and kept before its sender hears of
    it, so that a status is true and what was not kept is still with its sender.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._idle = threading.Condition()
        self._busy = 0
        self._leaving = False
        self._counts: WeakKeyDictionary[Association, Counter[str]] = WeakKeyDictionary()

    def store(self, event: Event) -> Dataset:
        """Take an object in, and say what became of it."""
        bound(event.assoc).begin()
        sender = title_of(event.assoc)
        with self._at_work() as may:
            answer, outcome = self._taken_in(event, sender) if may else (LEAVING, "refused")
        with self._idle:
            self._counts.setdefault(event.assoc, Counter())[outcome] += 1
        return answer.dataset

    def verify(self, event: Event) -> int:
        """Could an object be taken in now? So a C-ECHO is what looks after this process."""
        bound(event.assoc).begin()
        try:
            with readable_errors():
                found = condition.room(self._of(title_of(event.assoc)))
        except ReadableError:
            return FAILED.status
        is_well = all(sentence == condition.WELL for sentence in found.values())
        return STORED.status if is_well else FAILED.status

    def leave(self, patience: float) -> bool:
        """Take no more; wait so many seconds for what is at hand. True where that is done."""
        with self._idle:
            self._leaving = True
            return self._idle.wait_for(lambda: self._busy == 0, patience)

    def opened(self, event: Event) -> None:
        """An association was agreed to."""
        log.info("%s has opened an association", title_of(event.assoc))

    def rejected(self, event: Event) -> None:
        """One was not. What it called itself is not written down: anything may stand there."""
        host = event.assoc.requestor.address_info
        log.warning("an association from %s was refused", host.address if host else "?")

    def closed(self, event: Event) -> None:
        """A connection is over."""
        with self._idle:
            counts = self._counts.pop(event.assoc, None)
        if counts:
            text = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
            log.info("an association of %s is over: %s", title_of(event.assoc), text)

    def _taken_in(self, event: Event, sender: str) -> tuple[Answer, str]:
        workplace = self._of(sender)
        try:
            data = _file(event)
            if len(data) > workplace.settings.file_bytes:
                return self._refused(TOO_LARGE, sender, intake.too_large(workplace))
            with readable_errors():
                name = f"{event.file_meta.MediaStorageSOPInstanceUID}.dcm"
                done = intake.add(workplace, data, name=name, source="received")
        except Exception as error:
            return self._refused(answer_to(error), sender, failures.sentence(error))
        return STORED, done.outcome

    @staticmethod
    def _refused(answer: Answer, sender: str, why: str) -> tuple[Answer, str]:
        log.warning("an object of %s was refused (%04X): %s", sender, answer.status, why)
        return answer, "refused"

    def _of(self, sender: str) -> Workplace:
        return self._workplace.of(Actor(sender, "system"))

    @contextmanager
    def _at_work(self) -> Iterator[bool]:
        """Counts who is at work; False where nobody may begin any more."""
        with self._idle:
            may = not self._leaving
            self._busy += may
        try:
            yield may
        finally:
            with self._idle:
                self._busy -= may
                self._idle.notify_all()


def _file(event: Event) -> bytes:
    """The object as a file (PS3.10 7.1), in the encoding that it came in; nothing is decoded.

    The meta header is ours and always the same, so that an object that comes again is the same
    file, whichever version of pynetdicom took it. The event gives its own copy back: an image may
    have hundreds of megabytes.
    """
    meta = event.file_meta
    meta.ImplementationClassUID = IMPLEMENTATION
    meta.ImplementationVersionName = WRITER
    dataset = event.encoded_dataset(include_meta=False)
    cast(C_STORE, event.request).DataSet = None
    return b"".join((b"\0" * 128, b"DICM", encode_file_meta(meta), dataset))


def title_of(association: Association) -> str:
    """Whom an association that was agreed to is with: one of the titles in the settings."""
    return association.requestor.ae_title.strip()
