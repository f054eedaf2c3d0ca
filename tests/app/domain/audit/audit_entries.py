"""Chains for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.domain.actors import Actor
from app.domain.audit.entries import (
    NO_ENTRY,
    Action,
    AuditEntry,
    AuditEvent,
    AuditHead,
    entry_after,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(number: int, *, action: Action = "case added", actor: str = "Reader One") -> AuditEvent:
    """What is done to the case "c1", "c2" and so on, a minute apart."""
    return AuditEvent(
        at=AT + timedelta(minutes=number),
        actor=Actor(actor),
        action=action,
        subject=f"c{number}",
        image=f"{number:064x}",
        bundle="b" * 64,
        settings="5" * 64,
        content="c" * 64,
    )


def chain(length: int) -> list[AuditEntry]:
    """Entries 1 to ``length``."""
    entries: list[AuditEntry] = []
    for number in range(1, length + 1):
        head = AuditHead(entries[-1].sequence, entries[-1].hash) if entries else NO_ENTRY
        entries.append(entry_after(head, event(number)))
    return entries
