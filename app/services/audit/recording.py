"""Recording: one call in each use case, inside the transaction of what it records."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import Protocol, TypeVar, overload

from app.domain.actors import Actor
from app.domain.annotations import Annotation
from app.domain.audit.entries import Action, AuditEvent, AuditHead
from app.domain.audit.signatures import signed_digest, subject_of
from app.domain.cases import Case
from app.domain.jobs import Job
from app.domain.permissions import within
from app.domain.proposals import Proposal, ProposalState
from app.domain.sending.sending import Sending
from app.domain.studies.digests import ACTION, read_digest, read_subject
from app.domain.studies.reads import Adjudication, FirstRead, SignedRead
from app.domain.studies.study import Study
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

Read = TypeVar("Read", FirstRead, SignedRead, Adjudication)


class Hash(Protocol):
    """A hash that is complete."""

    def hexdigest(self) -> str:
        """In hexadecimal digits."""


_STEPS: dict[ProposalState, Action] = {
    "proposed": "change proposed",
    "approved": "change approved",
    "rejected": "change rejected",
    "active": "change activated",
    "undone": "change undone",
}


@within
def record(
    workplace: Workplace,
    tx: Transaction,
    action: Action,
    *,
    subject: str = "",
    image: str = "",
    bundle: str | None = "",
    settings: str = "",
    content: str = "",
    actor: Actor | None = None,
) -> None:
    """Add an entry to the audit when the transaction is kept, and only then.

    Args:
        workplace: whose clock says when.
        tx: of what is recorded.
        action: what was done.
        subject: id of what it was done to; never a name or another text.
        image: hash of the pixels.
        bundle: digest of the model.
        settings: digest of the site's settings.
        content: SHA-256 of what was written.
        actor: who did it; the workplace's reader when left out.
    """
    tx.audit.note(
        AuditEvent(
            at=workplace.clock(),
            actor=actor or workplace.actor,
            action=action,
            subject=subject,
            image=image,
            bundle=bundle or "",
            settings=settings,
            content=content,
        )
    )


@within
def record_case(
    workplace: Workplace,
    tx: Transaction,
    action: Action,
    case: Case,
    *,
    actor: Actor | None = None,
    content: str = "",
) -> None:
    """The same for what happens to a case."""
    record(
        workplace,
        tx,
        action,
        subject=case.case_id,
        image=case.pixel_sha256,
        bundle=case.model,
        settings=case.site,
        actor=actor,
        content=content,
    )


@within
def record_sending(
    workplace: Workplace,
    tx: Transaction,
    action: Action,
    sending: Sending,
    case: Case,
    *,
    actor: Actor | None = None,
) -> None:
    """The same for a revision on its way to an archive.

    Args:
        sending: its subject names case, frame, revision and archive; its contents are the
            identifiers of the objects that are there by now, one a line.
        actor: for whom; whoever asked for it when left out.
    """
    stored = "\n".join(sorted(sending.stored)).encode("ascii")
    record(
        workplace,
        tx,
        action,
        subject=sending.subject,
        image=case.pixel_sha256,
        actor=actor or sending.asked_by,
        content=hashlib.sha256(stored).hexdigest() if stored else "",
    )


@within
def record_batch(
    workplace: Workplace, tx: Transaction, action: Action, job: Job, *, actor: Actor | None = None
) -> None:
    """The same for a job, where it is a batch."""
    if job.kind == "batch":
        record(
            workplace,
            tx,
            action,
            subject=job.job_id,
            bundle=job.model,
            settings=job.site,
            actor=actor,
        )


@overload
def record_export(
    workplace: Workplace, made: bytes, *, batch: str = "", actor: Actor | None = None
) -> bytes: ...


@overload
def record_export(
    workplace: Workplace, made: Hash | None, *, batch: str = "", actor: Actor | None = None
) -> None: ...


@within
def record_export(
    workplace: Workplace,
    made: bytes | Hash | None,
    *,
    batch: str = "",
    actor: Actor | None = None,
) -> bytes | None:
    """Record an export in a transaction of its own, before anybody gets it.

    Args:
        workplace: where.
        made: the file; of one that is made while it is sent None before its first byte, and the
            hash of all of it behind its last one.
        batch: id of the batch that it is of; without one it is of annotations.
        actor: who made it; the workplace's reader when left out.

    Returns:
        The file.
    """
    hashed = hashlib.sha256(made) if isinstance(made, bytes) else made
    with workplace.store.write() as tx:
        record(
            workplace,
            tx,
            "batch exported" if batch else "annotations exported",
            subject=batch,
            content=hashed.hexdigest() if hashed else "",
            actor=actor,
        )
    return made if isinstance(made, bytes) else None


@within
def record_restore(workplace: Workplace, before: AuditHead, *, actor: Actor | None = None) -> None:
    """Record in the restored chain how far the one went that it takes the place of.

    Args:
        workplace: with the restored database.
        before: the head of the chain that is given up.
        actor: who restored it; the workplace's reader when left out.
    """
    with workplace.store.write() as tx:
        record(
            workplace,
            tx,
            "backup restored",
            subject=str(before.sequence),
            content=before.hash if before.is_readable else "",
            actor=actor,
        )


@within
def record_step(workplace: Workplace, tx: Transaction, proposal: Proposal) -> None:
    """The same for the last step of a proposal."""
    step = proposal.steps[-1]
    record(
        workplace,
        tx,
        _STEPS[step.state],
        subject=proposal.proposal_id,
        bundle=proposal.version or proposal.model,
        actor=step.actor,
    )


@within
def record_read(workplace: Workplace, tx: Transaction, unsigned: Read, case: Case) -> Read:
    """Add a read, or a decision on reads, with its entry, each naming the other.

    Args:
        workplace: whose reader it is.
        tx: nothing that needs a lock may come after this in it.
        unsigned: what was locked, signed or decided.
        case: that it is of.

    Returns:
        The read as it is stored.

    Raises:
        Conflict: there was one before.
    """
    salted = replace(unsigned, audit_salt=secrets.token_hex(16))
    tx.reads.add(salted)
    entry = tx.audit.append(
        AuditEvent(
            at=workplace.clock(),
            actor=workplace.actor,
            action=ACTION[type(salted)],
            subject=read_subject(salted),
            image=case.pixel_sha256,
            bundle=case.model or "",
            settings=case.site,
            content=read_digest(salted),
        )
    )
    tx.reads.name_entry(salted, entry)
    return replace(salted, audit_sequence=entry.sequence, audit_hash=entry.hash)


@within
def record_study(
    workplace: Workplace, tx: Transaction, action: Action, study: Study, *, content: str = ""
) -> None:
    """The same for what happens to a study; without contents its protocol's digest is kept."""
    record(
        workplace,
        tx,
        action,
        subject=study.study_id,
        bundle=study.model,
        settings=study.site,
        content=content or study.protocol_digest,
    )


@within
def record_study_export(workplace: Workplace, study: Study, made: bytes) -> bytes:
    """Record a file of a study in a transaction of its own, before anybody gets it.

    Returns:
        The file.
    """
    with workplace.store.write() as tx:
        digest = hashlib.sha256(made).hexdigest()
        record_study(workplace, tx, "study exported", study, content=digest)
    return made


@within
def record_signature(
    workplace: Workplace,
    tx: Transaction,
    unsigned: Annotation,
    case: Case,
    *,
    actor: Actor | None = None,
) -> Annotation:
    """Add a revision with its entry, each naming the other.

    Args:
        workplace: where.
        tx: nothing that needs a lock may come after this in it.
        unsigned: the revision.
        case: that it is of.
        actor: who signs; the workplace's reader when left out.

    Returns:
        The revision as it is stored.

    Raises:
        Conflict: another revision came in between.
    """
    salted = replace(unsigned, audit_salt=secrets.token_hex(16))
    tx.annotations.add(salted)
    entry = tx.audit.append(
        AuditEvent(
            at=salted.created_at,
            actor=actor or workplace.actor,
            action="verdict signed",
            subject=subject_of(salted),
            image=case.pixel_sha256,
            bundle=salted.model,
            settings=case.site,
            content=signed_digest(salted),
        )
    )
    tx.annotations.name_entry(salted, entry)
    return replace(salted, audit_sequence=entry.sequence, audit_hash=entry.hash)
