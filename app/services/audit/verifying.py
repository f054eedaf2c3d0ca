"""Verifying the audit: the chain, what guards it, the signatures it records, and anchors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from app.domain.annotations import Annotation
from app.domain.audit.chain import Anchor, ChainCheck
from app.domain.audit.entries import AuditEntry, AuditReport
from app.domain.audit.signatures import signed_digest, subject_of
from app.domain.permissions import needs
from app.domain.studies.digests import KeptRead, read_digest, read_subject
from app.services.workplace import Workplace
from app.store.audit.signatures import RecordedSignature
from app.store.sql_store import Transaction
from app.store.studies.reads import RecordedRead
from dprotonet.errors import ReadableError

MOST_NAMED = 50  # problems that are told each; the others are counted
EVERY = 500  # entries between two reports of progress


@needs("see the audit")
def verify(
    workplace: Workplace,
    *,
    anchors: Sequence[Anchor] = (),
    progress: Callable[[float], object] = lambda fraction: None,
) -> AuditReport:
    """Read the whole audit and tell what does not agree; nothing is changed.

    Args:
        workplace: where.
        anchors: heads that were noted outside.
        progress: called with the fraction that is done.
    """
    check = ChainCheck(anchors)
    problems: list[str] = []
    count = 0
    with workplace.store.read() as tx:
        entries = _watched(tx.audit.entries(), tx.audit.count(), progress)
        for problem in _all_problems(tx, check, entries):
            count += 1
            if len(problems) < MOST_NAMED:
                problems.append(problem)
    progress(1.0)
    return AuditReport(
        entries=check.entries,
        head=check.head,
        problems=tuple(problems),
        count=count,
        anchors=len(anchors),
        checked_at=workplace.clock(),
    )


def _all_problems(
    tx: Transaction, check: ChainCheck, entries: Iterable[AuditEntry]
) -> Iterator[str]:
    for name in tx.audit.missing_guards():
        yield (
            f"The database's own guard {name} is missing or altered: somebody could change entries."
        )
    yield from check.problems(entries)
    try:
        for recorded in tx.signatures.recorded():
            yield from _of_signature(recorded)
    except (TypeError, ValueError):
        yield "The row of a signature was altered so that it can no longer be read."
    try:
        for kept in tx.reads.recorded():
            yield from _of_read(kept)
    except (TypeError, ValueError, KeyError, ReadableError):
        yield "The row of a read was altered so that it can no longer be read."
    for sequence, subject in tx.reads.lost():
        yield (
            f"Entry {sequence} records the read {subject}, which is gone or no longer names the "
            "entry, although nobody deleted its case."
        )
    for sequence, subject in tx.signatures.lost():
        yield (
            f"Entry {sequence} records the signature {subject}, which is gone or no longer names "
            "the entry, although nobody deleted its case."
        )


def _of_signature(recorded: RecordedSignature) -> Iterator[str]:
    signed = recorded.annotation
    subject, content = subject_of(signed), signed_digest(signed)
    return _beside_its_entry(
        recorded, signed, f"The signature {subject}", subject, content, "signed"
    )


def _of_read(recorded: RecordedRead) -> Iterator[str]:
    read = recorded.read
    subject, content = read_subject(read), read_digest(read)
    return _beside_its_entry(
        recorded, read, f"The read {subject}", subject, content, "locked or signed"
    )


def _beside_its_entry(
    recorded: RecordedSignature | RecordedRead,
    row: Annotation | KeptRead,
    name: str,
    subject: str,
    content: str,
    done: str,
) -> Iterator[str]:
    """What of a row does not agree with the entry that it names."""
    entry = f"entry {row.audit_sequence}"
    if recorded.hash is None:
        yield f"{name} names {entry}, which is missing."
    elif recorded.hash != row.audit_hash or recorded.subject != subject:
        yield f"{name} does not agree with {entry}, which it names."
    elif recorded.content != content:
        yield f"{name} was changed after it was {done}: it does not agree with {entry}."


def _watched(
    entries: Iterable[AuditEntry], total: int, progress: Callable[[float], object]
) -> Iterator[AuditEntry]:
    for number, entry in enumerate(entries):
        if number % EVERY == 0:
            progress(min(number / max(total, 1), 1.0))
        yield entry
