"""What the worker does: it takes what is due, makes the objects, sends them, and writes down what
the archive said of each.

A worker that dies in the midst leaves its row to the next one, which sends the same objects under
the same identifiers: the archive has them once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.domain.archives.archive import Archive
from app.domain.cases import Case
from app.domain.errors import NotFound, Refused
from app.domain.jobs import MOST_ATTEMPTS
from app.domain.permissions import needs
from app.domain.sending.answer import StoreAnswer, is_passing, meaning_of
from app.domain.sending.sending import HELD_SECONDS, Sending, SendState, wait_after
from app.domain.text import counted
from app.services.archives.client import named
from app.services.archives.errors import ArchiveError
from app.services.audit.recording import record_sending
from app.services.dicom_out import objects
from app.services.inference.failures import is_outage, sentence
from app.services.inference.interactive import never
from app.services.sending import stow, words
from app.services.sending.restoring import person_of, restore
from app.services.workplace import Workplace
from app.store.sending.outbox import OVERTAKEN
from dprotonet.errors import Cancelled, ReadableError, UnreadableImage
from dprotonet.images.deidentify.header import METHOD

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

log = logging.getLogger(__name__)


class Store(Protocol):
    """Sends objects to an archive, as :func:`app.services.sending.stow.store` does."""

    def __call__(
        self, archive: Archive, objects: Sequence[Dataset], *, stop: Callable[[], bool]
    ) -> StoreAnswer:
        """Returns what the archive said of each."""
        ...


@needs("run the program")
def take_up_left(workplace: Workplace) -> int:
    """Let wait again what a worker that died was sending. A worker calls this between two sendings
    of its own.

    Returns:
        How many there were.
    """
    with workplace.store.write() as tx:
        left = tx.outbox.requeue_abandoned()
    if left:
        log.warning("%d sendings were left by a worker that died; they are sent again", left)
    return left


@needs("run the program")
def put_back(workplace: Workplace) -> int:
    """Let wait again what this worker could not write the end of, since the database was away; it
    is none of its deaths. A worker calls this between two sendings of its own.

    Returns:
        How many there were.
    """
    with workplace.store.write() as tx:
        return tx.outbox.put_back_held()


@needs("run the program")
def send_next(
    workplace: Workplace, *, store: Store = stow.store, stop: Callable[[], bool] = never
) -> bool:
    """Send what has been due the longest; False where nothing is.

    Args:
        workplace: of the worker.
        store: sends objects to an archive.
        stop: asked whether the worker ends.

    Raises:
        Unavailable: our own database is away; what was at hand is to be put back later.
    """
    archives = workplace.settings.sending.archives
    with workplace.store.read() as tx:
        if not tx.outbox.is_any_due(archives):
            return False
    with workplace.store.write() as tx:
        taken = tx.outbox.claim(archives)
    if taken is None:
        return False
    try:
        _send(workplace, taken, store, stop)
    except Cancelled:
        with workplace.store.write() as tx:
            tx.outbox.wait(taken.sending_id, 0.0, reason="", counts=False)
    except Exception as error:
        if is_outage(error):
            raise
        _fail(workplace, taken, error)
    return True


def _send(workplace: Workplace, taken: Sending, store: Store, stop: Callable[[], bool]) -> None:
    with workplace.store.read() as tx:
        case = tx.cases.get(taken.case_id)
        newest = tx.annotations.latest_revision(taken.case_id, frame=taken.frame)
        is_held = tx.blinding.is_held(taken.case_id)
    with workplace.store.write() as tx:
        if newest != taken.revision:
            tx.outbox.finish(taken.sending_id, "cancelled", reason=OVERTAKEN, sent_at=None)
            return
        if is_held:
            tx.outbox.wait(taken.sending_id, HELD_SECONDS, reason=words.HELD, counts=False)
            return
    chosen = _objects(workplace, taken)
    if workplace.settings.sending.naming == "identity":
        _restore(workplace, case, taken, chosen)
    left = [one for one in chosen if str(one.SOPInstanceUID) not in taken.stored]
    uids = [str(one.SOPInstanceUID) for one in left]
    answer = StoreAnswer(frozenset())
    if left:
        answer = store(named(workplace, taken.archive), left, stop=stop)
    _write_down(workplace, taken, answer, uids)


def _restore(workplace: Workplace, case: Case, taken: Sending, chosen: list[Dataset]) -> None:
    told, key = person_of(workplace, case, taken), workplace.pseudonyms
    for dataset in chosen:
        if told is not None and key is not None:
            restore(dataset, told, key)
        elif dataset.get("DeidentificationMethod") == METHOD:
            raise Refused(words.NOT_NOTED)


def _objects(workplace: Workplace, taken: Sending) -> list[Dataset]:
    """Those that the site sends."""
    try:
        made = objects.of_revision(
            workplace, taken.case_id, frame=taken.frame, revision=taken.revision
        )
    except (Refused, NotFound, UnreadableImage) as error:
        raise NotMade(str(error)) from None
    kinds = workplace.settings.sending.kinds
    chosen = [one.dataset for one in made.objects if one.name in kinds]
    if not chosen:
        raise NotMade(" ".join((words.NOT_CHOSEN, *made.not_made)))
    return chosen


class NotMade(ReadableError):
    """None of the objects that the site sends could be made of this revision."""


def _write_down(
    workplace: Workplace, taken: Sending, answer: StoreAnswer, sent: Sequence[str]
) -> None:
    now = tuple(uid for uid in sent if uid in answer.stored)
    stored = tuple(dict.fromkeys((*taken.stored, *now)))
    with workplace.store.write() as tx:
        if now:
            tx.outbox.note_stored(taken.sending_id, now)
        if set(sent) <= answer.stored:
            done = tx.outbox.finish(taken.sending_id, "sent", sent_at=workplace.clock())
            if done:
                case = tx.cases.get(taken.case_id)
                record_sending(
                    workplace, tx, "DICOM objects sent", replace(taken, stored=stored), case
                )
            return
        final = {reason for reason in answer.failures.values() if not is_passing(reason)}
        if final:
            why = "; ".join(meaning_of(reason) for reason in sorted(final))
            text = _of_objects(words.NOT_STORED, taken, len(answer.failures), why)
            tx.outbox.finish(taken.sending_id, "refused", reason=text, sent_at=None)
            return
    reasons = sorted(set(answer.failures.values()))
    why = "; ".join(meaning_of(reason) for reason in reasons)
    missing = len(answer.missing(sent))
    _wait(
        workplace,
        taken,
        _of_objects(words.NOT_STORED, taken, len(answer.failures), why)
        if reasons
        else _of_objects(words.SAID_NOTHING, taken, missing),
    )


def _of_objects(text: str, taken: Sending, count: int, why: str = "") -> str:
    return text.format(archive=taken.archive, objects=counted(count, "object"), why=why)


def _fail(workplace: Workplace, taken: Sending, error: Exception) -> None:
    """A mend by a person is waited for where it takes one; all else is tried again."""
    reason = sentence(error)
    state: SendState = "failed"
    is_final = isinstance(error, NotMade)
    if isinstance(error, ArchiveError):
        state, is_final = "refused", not error.is_passing
    elif isinstance(error, (Refused, NotFound)):
        state, is_final = "refused", True
    elif not isinstance(error, ReadableError):
        is_final = taken.attempts >= MOST_ATTEMPTS  # ours: the log has the place
    if not is_final:
        _wait(workplace, taken, reason)
        return
    with workplace.store.write() as tx:
        tx.outbox.finish(taken.sending_id, state, reason=reason, sent_at=None)


def _wait(workplace: Workplace, taken: Sending, reason: str) -> None:
    seconds = wait_after(taken.attempts)
    with workplace.store.write() as tx:
        if seconds is None:
            text = words.GIVEN_UP.format(
                attempts=counted(taken.attempts, "try", "tries"), reason=reason
            )
            tx.outbox.finish(taken.sending_id, "failed", reason=text, sent_at=None)
        else:
            tx.outbox.wait(taken.sending_id, seconds, reason=reason)
