"""What a person may do about sending: ask for it, try again, cancel, look how far it got; and what
a signature does by itself where the site says so."""

from __future__ import annotations

from app.domain.actors import Actor
from app.domain.annotations import Annotation
from app.domain.cases import Case
from app.domain.errors import Conflict, NotFound, Refused
from app.domain.permissions import needs, within
from app.domain.sending.sending import SEND_STATES, Sending, SendState
from app.services import jobs
from app.services.audit.recording import record_sending
from app.services.dicom_out.words import NATURAL, NOT_SIGNED
from app.services.sending.words import NOTHING_LEAVES
from app.services.studies import blinding
from app.services.workplace import Workplace
from app.store.sending.outbox import OVERTAKEN
from app.store.sql_store import Transaction

MOST = 1000  # rows of a list


@needs("send")
def send(workplace: Workplace, case_id: str, *, frame: int = 0) -> tuple[Sending, ...]:
    """Queue the newest signed revision of a frame for the site's archives; what is on its way or
    there stays as it is.

    Raises:
        Forbidden: this person's own read of the image is still to come.
        NotFound: there is no such case or frame.
        Refused: the site sends nothing, nobody signed, or there is nothing that could be sent.
    """
    rule = workplace.settings.sending
    if not rule.sends:
        raise Refused(NOTHING_LEAVES)
    with workplace.store.write() as tx:
        blinding.check_shown(workplace, tx, case_id, frame=frame)
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        if case.facts.format != "dicom":
            raise Refused(NATURAL)
        revision = tx.annotations.latest_revision(case_id, frame=frame)
        if not revision:
            raise Refused(NOT_SIGNED)
        return _queue(workplace, tx, case, frame, revision)


@within
def after_signing(workplace: Workplace, tx: Transaction, signed: Annotation, case: Case) -> None:
    """What a signature does in its own transaction: earlier revisions that wait are not sent any
    more, and where the site's rule is automatic this one is queued."""
    tx.outbox.drop_overtaken(case.case_id, frame=signed.frame, revision=signed.revision)
    if workplace.settings.sending.is_automatic and case.facts.format == "dicom":
        _queue(workplace, tx, case, signed.frame, signed.revision)


@needs("see cases")
def of_frame(workplace: Workplace, case_id: str, *, frame: int = 0) -> tuple[Sending, ...]:
    """How far the revisions of a frame got, the newest first.

    Raises:
        Forbidden: this person's own read of the image is still to come.
    """
    with workplace.store.read() as tx:
        blinding.check_shown(workplace, tx, case_id, frame=frame)
        return tx.outbox.of_frame(case_id, frame=frame)


@needs("send")
def listed(
    workplace: Workplace, states: tuple[SendState, ...] = SEND_STATES, *, most: int = MOST
) -> tuple[Sending, ...]:
    """What is in the outbox in some states, asked for last first, without images that this person
    is to read first."""
    with workplace.store.read() as tx:
        found = tx.outbox.all(states, most=min(most, MOST))
        who = blinding.onlooker(workplace, tx)
        if who is None:
            return found
        hidden = tx.blinding.among(who, [one.case_id for one in found])
        return tuple(one for one in found if one.case_id not in hidden)


@needs("send")
def retry(workplace: Workplace, sending_id: str) -> Sending:
    """Send now what waits, and again what was refused, given up or cancelled.

    Raises:
        Conflict: it was sent, or is being sent.
        Forbidden: this person's own read of the image is still to come.
        NotFound: it went with its case.
        Refused: a newer revision was signed.
    """
    with workplace.store.write() as tx:
        found = _shown(workplace, tx, sending_id)
        newest = tx.annotations.latest_revision(found.case_id, frame=found.frame)
        if newest != found.revision:
            raise Refused(OVERTAKEN)
        again = tx.outbox.retry(sending_id)
        _record_asking(workplace, tx, found, tx.cases.get(found.case_id))
        return again


@needs("send")
def retry_all(workplace: Workplace) -> int:
    """Try again all that was refused or given up and that no newer revision took the place of.

    Returns:
        How many there were.
    """
    count = 0
    for one in listed(workplace, ("refused", "failed")):
        try:
            retry(workplace, one.sending_id)
        except (Refused, Conflict, NotFound):
            continue  # it went on in the meantime, or is not sent any more
        count += 1
    return count


@needs("send")
def cancel(workplace: Workplace, sending_id: str) -> Sending:
    """Let what waits not be sent.

    Raises:
        Conflict: it is over, or is being sent.
        Forbidden: this person's own read of the image is still to come.
        NotFound: it went with its case.
    """
    with workplace.store.write() as tx:
        found = _shown(workplace, tx, sending_id)
        cancelled = tx.outbox.cancel(sending_id)
        case = tx.cases.get(found.case_id)
        record_sending(workplace, tx, "sending cancelled", found, case, actor=workplace.actor)
        return cancelled


def _queue(
    workplace: Workplace, tx: Transaction, case: Case, frame: int, revision: int
) -> tuple[Sending, ...]:
    asked = tuple(
        _new(workplace, case, frame, revision, archive)
        for archive in workplace.settings.sending.archives
    )
    known = {
        one.archive: one
        for one in tx.outbox.of_frame(case.case_id, frame=frame)
        if one.revision == revision
    }
    queued = tuple(tx.outbox.add(one) for one in asked)
    for one in queued:
        before = known.get(one.archive)
        if before is None or before.state != one.state:
            _record_asking(workplace, tx, one, case)
    return queued


def _new(workplace: Workplace, case: Case, frame: int, revision: int, archive: str) -> Sending:
    return Sending(
        sending_id=jobs.new_id(),
        case_id=case.case_id,
        frame=frame,
        revision=revision,
        archive=archive,
        state="waiting",
        attempts=0,
        reason="",
        stored=(),
        asked_by=_plain(workplace.actor),
        asked_at=workplace.clock(),
        sent_at=None,
    )


def _plain(actor: Actor) -> Actor:
    """Without the roles of the moment."""
    return Actor(actor.name, actor.kind)


def _shown(workplace: Workplace, tx: Transaction, sending_id: str) -> Sending:
    found = tx.outbox.get(sending_id)
    blinding.check_shown(workplace, tx, found.case_id, frame=found.frame)
    return found


def _record_asking(workplace: Workplace, tx: Transaction, asked: Sending, case: Case) -> None:
    record_sending(workplace, tx, "sending asked for", asked, case, actor=workplace.actor)
