"""Verifying the audit: the chain, what guards it, the signatures it records, and anchors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from app.domain.audit.chain import Anchor, ChainCheck
from app.domain.audit.entries import AuditEntry, AuditReport
from app.domain.audit.signatures import signed_digest, subject_of
from app.domain.permissions import needs
from app.domain.studies.digests import read_digest, read_subject
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
    annotation = recorded.annotation
    name = f"The signature {subject_of(annotation)}"
    if recorded.hash is None:
        yield f"{name} names entry {annotation.audit_sequence}, which is missing."
    elif recorded.hash != annotation.audit_hash or recorded.subject != subject_of(annotation):
        yield f"{name} does not agree with entry {annotation.audit_sequence}, which it names."
    elif recorded.content != signed_digest(annotation):
        yield (
            f"{name} was changed after it was signed: it does not agree with entry "
            f"{annotation.audit_sequence}."
        )


def _of_read(recorded: RecordedRead) -> Iterator[str]:
    read = recorded.read
    name = f"The read {read_subject(read)}"
    if recorded.hash is None:
        yield f"{name} names entry {read.audit_sequence}, which is missing."
    elif recorded.hash != read.audit_hash or recorded.subject != read_subject(read):
        yield f"{name} does not agree with entry {read.audit_sequence}, which it names."
    elif recorded.content != read_digest(read):
        yield (
            f"{name} was changed after it was locked or signed: it does not agree with entry "
            f"{read.audit_sequence}."
        )


def _watched(
    entries: Iterable[AuditEntry], total: int, progress: Callable[[float], object]
) -> Iterator[AuditEntry]:
    for number, entry in enumerate(entries):
        if number % EVERY == 0:
            progress(min(number / max(total, 1), 1.0))
        yield entry
